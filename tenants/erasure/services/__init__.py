"""The one door to erasures, acts, holds and terms of storage."""

from tenants.erasure.services.acts import document, make_act, sign_act
from tenants.erasure.services.begin import begin_erasure, begin_many
from tenants.erasure.services.holding import lift_hold, place_hold
from tenants.erasure.services.identities import forgive
from tenants.erasure.services.marking import copy_ledger
from tenants.erasure.services.proving import keep_proofs
from tenants.erasure.services.restoring import apply_ledger
from tenants.erasure.services.retention import apply_run, change_policy, look, nightly
from tenants.erasure.services.running import run_due_jobs, run_job

__all__ = [
    "apply_ledger",
    "apply_run",
    "begin_erasure",
    "begin_many",
    "change_policy",
    "copy_ledger",
    "document",
    "forgive",
    "keep_proofs",
    "lift_hold",
    "look",
    "make_act",
    "nightly",
    "place_hold",
    "run_due_jobs",
    "run_job",
    "sign_act",
]
