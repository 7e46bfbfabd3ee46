"""What this app says to the registries below it, and how the stores below it forget a person."""

from django.utils.translation import gettext_lazy as _

from cvm_platform.common.jobs import add_gate
from tenants.approvals.registry import add_approval_kind, add_task_kind
from tenants.customers import registry as customers
from tenants.erasure import defaults, rules_own, stores
from tenants.erasure.contracts import Eraser, Means
from tenants.erasure.models import RetentionPolicy
from tenants.erasure.registry import add_eraser, add_rule
from tenants.erasure.selectors import is_behind
from tenants.erasure.services import acts, identities, retention, running
from tenants.tenancy.registry import after_create
from tenants.tenancy.selectors import current_tenant

_SUPPRESSION = _("Refusal to be honoured, 38-FZ art. 18(1)")
_EVIDENCE = _("Proof of consent and of its withdrawal, 152-FZ art. 9(3)")
_LOG = _("Registration of actions with personal data, 152-FZ art. 19(2)(8)")
_ACT = _("Proof of destruction, order 179")
_SENT = _("Proof of sending, 38-FZ art. 12")


def register() -> None:
    for eraser in (*stores.ERASERS, *_kept()):
        add_eraser(eraser)
    for rule in rules_own.RULES:
        add_rule(rule)
    after_create(lambda _tenant: _planted())
    add_gate(_is_whole)
    customers.add_screen(identities.refused, identities.is_anybody_erased)
    add_approval_kind(acts.KIND)
    add_approval_kind(retention.KIND)
    add_task_kind(running.TASK)
    add_task_kind(acts.TASK)


def _is_whole() -> bool:
    return not is_behind(current_tenant())


def _planted() -> None:
    defaults.plant(RetentionPolicy)


def _kept() -> tuple[Eraser, ...]:
    keep = Means.KEEP
    return (
        Eraser("privacy.ConsentRecord", keep, ("consents",), basis=_EVIDENCE,
               table="privacy_consentrecord"),
        Eraser("privacy.AdPermission", keep, ("consents",), basis=_EVIDENCE,
               table="privacy_adpermission"),
        Eraser("privacy.ConsentEvent", keep, ("consents",), basis=_EVIDENCE,
               table="privacy_consentevent"),
        Eraser("privacy.Evidence", keep, ("consents",), basis=_EVIDENCE,
               table="privacy_evidence"),
        Eraser("privacy.StopEvent", keep, ("consents",), basis=_SUPPRESSION,
               table="privacy_stopevent"),
        Eraser("privacy.Confirmation", Means.DELETE, ("consents",), "privacy_confirmation"),
        Eraser("audit.ProcessingEntry", keep, ("ids",), column="subject_id", basis=_LOG,
               table="audit_processingentry"),
        Eraser("erasure.ErasureSubject", keep, ("ids",), basis=_ACT,
               table="erasure_erasuresubject"),
        Eraser("erasure.Tombstone", keep, ("ids",), basis=_ACT, table="erasure_tombstone"),
        Eraser("erasure.SendingProof", keep, ("messages",), basis=_SENT,
               table="erasure_sendingproof"),
        Eraser("erasure.LegalHold", keep, ("ids",), basis=_ACT, table="erasure_legalhold"),
    )  # fmt: skip
