"""What the papers say at a moment. Everything is read fresh: an ended paper ends at once."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden
from tenants.registers.contracts import Party, Standing
from tenants.registers.models import (
    Operator,
    OutboundIntegration,
    ProcessorAgreement,
    Purpose,
    SubProcessor,
)
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant

REFUSAL = "B_AGREEMENT"


def operator() -> Operator:
    """The company as operator; an empty one where nobody has written anything."""
    return Operator.objects.filter(pk=1).first() or Operator(pk=1)


def purpose(code: str) -> Purpose | None:
    return Purpose.objects.filter(code=code).first()


def purposes() -> list[Purpose]:
    return list(Purpose.objects.all())


def running_agreements(now: datetime) -> list[ProcessorAgreement]:
    """Of the agency and of further processors; the agency's first."""
    zone = current_tenant().timezone
    rows = ProcessorAgreement.objects.filter(status=ProcessorAgreement.Status.ACTIVE)
    found = [row for row in rows if row.runs_at(now, zone)]
    return sorted(found, key=lambda row: (not row.is_platform, row.pk))


def active_agreement(now: datetime) -> ProcessorAgreement | None:
    """The running assignment to the agency of this platform, or None."""
    return next((row for row in running_agreements(now) if row.is_platform), None)


def is_open() -> bool:
    """Whether the company has left onboarding and is neither suspended nor leaving."""
    return Tenant.objects.filter(pk=current_tenant().pk, status=Tenant.Status.ACTIVE).exists()


def is_onboarding() -> bool:
    """Whether the company is still being set up: nothing personal may be here yet."""
    return Tenant.objects.filter(pk=current_tenant().pk, status=Tenant.Status.ONBOARDING).exists()


def standing(now: datetime) -> Standing:
    own, said = active_agreement(now), operator()
    notified = frozenset(said.notified.get("purposes", ()))
    if own is None:
        return Standing(False, bool(said.rkn_number), notified=notified)
    return Standing(
        agreement=is_open(), rkn=bool(said.rkn_number), purposes=frozenset(own.purposes),
        pd_categories=frozenset(own.pd_categories), actions=frozenset(own.actions),
        notified=notified, agreement_id=own.pk,
    )  # fmt: skip


def parties(now: datetime) -> list[Party]:
    """Everybody who works with the data for the operator: processors, approved sub-processors."""
    agreements = running_agreements(now)
    subs = SubProcessor.objects.filter(
        agreement__in=agreements, approved_at__isnull=False, removed_at__isnull=True
    )
    return [*(row.party for row in agreements), *(row.party for row in subs)]


def processor_names(now: datetime) -> list[str]:
    return [party.name for party in parties(now)]


def why_closed(now: datetime) -> str:
    """A sentence for people: why nothing personal may be loaded or sent; empty when it may."""
    status = Tenant.objects.values_list("status", flat=True).get(pk=current_tenant().pk)
    if active_agreement(now) is None:
        return _(
            "The company's assignment to process personal data does not run (152-FZ, article 6(3))."
        )
    if status == Tenant.Status.ONBOARDING:
        return _("The company is not open for work yet: see what is missing in the registers.")
    if status != Tenant.Status.ACTIVE:
        return _("The company is suspended or leaving.")
    return ""


def demand_running(now: datetime | None = None) -> None:
    """Every door that takes in people's data asks this first.

    A company of simulated people may be loaded while it is being set up: nobody is behind it.

    Raises:
        Forbidden: with the code B_AGREEMENT; nothing may be loaded or changed.
    """
    reason = why_closed(now or clock.now())
    if not reason:
        return
    is_sandbox = Tenant.objects.filter(
        pk=current_tenant().pk, is_simulated=True, status=Tenant.Status.ONBOARDING
    ).exists()
    if not is_sandbox:
        raise Forbidden(reason, code=REFUSAL)


def uncovered(categories: Iterable[str], now: datetime | None = None) -> set[str]:
    """Those categories that the running assignment does not name.

    None are refused where `demand_running` lets a company of simulated people through.
    """
    own = active_agreement(now or clock.now())
    return set(categories) - set(own.pd_categories) if own is not None else set()


def is_border_passed(recipient: OutboundIntegration, now: datetime) -> bool:
    """Nothing about people leaves Russia here, or the regulator's review of it has passed."""
    if not recipient.foreign_country:
        return True
    today = now.astimezone(ZoneInfo(current_tenant().timezone)).date()
    newest = next((each for each in recipient.notices.all() if each.covers(recipient)), None)
    return newest is not None and newest.is_passed(today)


def recipient_cleared(integration_code: str, now: datetime) -> bool:
    """Whether a recipient may get data now; one that is in no register may not."""
    row = OutboundIntegration.objects.filter(
        code=integration_code, status=OutboundIntegration.Status.ENABLED
    ).first()
    return row is not None and is_border_passed(row, now)
