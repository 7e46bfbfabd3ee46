"""Given a profile imported with `subscribed=yes` and no evidence,
When an advertising e-mail is launched,
Then the recipient is blocked and the campaign's report shows the count.
"""

from pathlib import Path

from django_tenants.utils import schema_context

from analytics.sources.models import ImportJob
from analytics.sources.services import import_file
from campaigns.delivery import selectors
from campaigns.delivery.models import Message
from campaigns.delivery.services import work
from tenants.audit.services import SYSTEM
from tenants.privacy.contracts import Doubt
from tenants.privacy.models import AdPermission, ConsentRecord
from tenants.privacy.services import DeclarationDraft, revoke_declaration, sign_declaration
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import FakeChannel, make_dispatch
from tests.factories.consents import published

_FILE = (
    "id;Email;Согласие ПДн;Согласие на рассылку;Способ\n"
    "1;anna@example.org;01.03.2026;01.03.2026;DOI_EMAIL\n"
    "2;boris@example.org;01.03.2025;01.03.2025;DOI_EMAIL\n"
)


def _send() -> tuple[list[int], dict[str, int]]:
    dispatch, channel = make_dispatch(), FakeChannel()
    with schema_context("public"):
        work(channel, seconds=30)
    return channel.recipients, selectors.dispatch_counts(dispatch.pk).reasons


def _load(folder: Path) -> ImportJob:
    path = folder / "people.csv"
    path.write_text(_FILE, encoding="utf-8")
    return import_file(path=path, kind="customers")


def _declare(acme: Tenant, job: ImportJob, **values: object) -> DeclarationDraft:
    from datetime import date

    texts = published(acme)
    return DeclarationDraft(
        batch=job.public_id, source="import", pd_text=texts["PROMO_DIRECT"],
        ad_text=texts["EMAIL"], given_from=date(2020, 1, 1), given_to=date(2026, 6, 1),
        kept_where="Archive", signed_by="A. B.", signed_position="Officer",
        **values,  # type: ignore[arg-type]  # fields of the draft
    )  # fmt: skip


def test_what_nobody_proved_permits_nothing(acme: Tenant, tmp_path: Path) -> None:
    job = _load(tmp_path)
    assert (job.report["consents"], job.report["unproved"]) == (4, 4)
    sent, reasons = _send()
    assert sent == []
    assert sum(reasons.values()) == 2
    assert set(Message.objects.values_list("reason", flat=True)) <= {
        "B_PD_CONSENT", "B_AD_PERMISSION", "B_EVIDENCE",
    }  # fmt: skip


def test_a_declaration_makes_loaded_consents_count_and_takes_them_back(
    acme: Tenant, tmp_path: Path
) -> None:
    job = _load(tmp_path)
    made = sign_declaration(draft=_declare(acme, job), actor=SYSTEM)
    newer, older = sorted(ConsentRecord.objects.all(), key=lambda each: -each.given_at.timestamp())
    assert (newer.status, older.status) == ("ACTIVE", "INVALIDATED")  # before September 2025
    sent, _reasons = _send()
    assert sent == [newer.customer_id]
    assert revoke_declaration(declaration=made, actor=SYSTEM) == 2
    assert set(ConsentRecord.objects.filter(pk=newer.pk).values_list("doubt", flat=True)) == {
        Doubt.REVOKED
    }
    assert not AdPermission.objects.filter(status="ACTIVE").exists()
    assert _send()[0] == []


def test_the_risk_of_older_consents_is_the_operators_decision(acme: Tenant, tmp_path: Path) -> None:
    job = _load(tmp_path)
    draft = _declare(acme, job, accepts_legacy=True, risk_note="Отдельные документы с 2020 года.")
    sign_declaration(draft=draft, actor=SYSTEM)
    assert len(_send()[0]) == 2
