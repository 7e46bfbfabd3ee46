"""Terms of what lies below or in this app."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cvm_platform.common import clock
from tenants.erasure.contracts import Finding, Rule
from tenants.erasure.models import DestructionAct, SendingProof
from tenants.erasure.services import acts
from tenants.idempotency.models import StoredAnswer


def _answers(cutoff: datetime) -> Finding:
    return Finding(StoredAnswer.objects.filter(started_at__lt=cutoff).count())


def _forget_answers(cutoff: datetime) -> int:
    return StoredAnswer.objects.filter(started_at__lt=cutoff).delete()[0]


def _proofs(_cutoff: datetime) -> Finding:
    return Finding(SendingProof.objects.filter(keep_until__lt=clock.now()).count())


def _forget_proofs(_cutoff: datetime) -> int:
    return SendingProof.objects.filter(keep_until__lt=clock.now()).delete()[0]


def _acts(_cutoff: datetime) -> Finding:
    return Finding(DestructionAct.objects.filter(keep_until__lt=clock.now().date()).count())


def _forget_acts(_cutoff: datetime) -> int:
    return acts.destroy_old_acts(clock.now().date())


RULES = (
    Rule("api_answers", _("Answers of the API kept for retries"), _answers, _forget_answers,
         ("name", "email", "phone")),
    Rule("sending_proofs", _("Proofs of sending to erased people"), _proofs, _forget_proofs,
         ("messages",)),
    Rule("acts", _("Acts of destruction and exports of the log"), _acts, _forget_acts, ("ids",)),
)  # fmt: skip
