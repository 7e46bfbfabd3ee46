"""Localisation.

Given a new integration with a host outside RU that receives e-mail addresses, When it is enabled,
Then it is blocked `B_CROSS_BORDER` until a CrossBorderNotice with passed review exists.
"""

from datetime import UTC, date, datetime

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden
from tenants.accounts.contracts import Role
from tenants.approvals.models import Task
from tenants.audit.services import Actor
from tenants.registers import selectors, services
from tenants.registers.models import OutboundIntegration
from tenants.registers.services.recipients import DELETION
from tenants.tenancy.models import Tenant

OFFICER = Actor("user:8", Role.CLIENT_DPO, None, 8)
NOTICED = datetime(2026, 11, 30, 9, tzinfo=UTC)  # Monday
LAST_DAY = datetime(2026, 12, 14, 9, tzinfo=UTC)  # the tenth working day
AFTER = datetime(2026, 12, 15, 9, tzinfo=UTC)


@pytest.fixture
def abroad(acme: Tenant) -> OutboundIntegration:
    return services.save_recipient(
        actor=OFFICER, code="cloud", name="Cloud mail", host="api.mail.example.org", country="RU",
        hosting_country="us", pd_fields=["EMAIL"], purpose="PROMO_DIRECT",
    )  # fmt: skip


def enable(row: OutboundIntegration) -> None:
    services.enable_recipient(actor=OFFICER, public_id=row.public_id)


def test_enabling_waits_for_the_review(abroad: OutboundIntegration) -> None:
    with clock.at(NOTICED):
        with pytest.raises(Forbidden) as refused:
            enable(abroad)
        assert refused.value.code == "B_CROSS_BORDER"
        notice = services.file_notice(
            actor=OFFICER, public_id=abroad.public_id, sent_on=date(2026, 11, 30),
            assessed_on=date(2026, 11, 20),
        )  # fmt: skip
        assert notice.review_until == date(2026, 12, 14)
        assert not notice.is_adequate
    for moment in (NOTICED, LAST_DAY):
        with clock.at(moment), pytest.raises(Forbidden):
            enable(abroad)
        assert not selectors.recipient_cleared("cloud", moment)
    with clock.at(AFTER):
        enable(abroad)
    assert selectors.recipient_cleared("cloud", AFTER)


def test_a_ban_closes_it_and_asks_for_deletion(abroad: OutboundIntegration) -> None:
    with clock.at(NOTICED):
        notice = services.file_notice(
            actor=OFFICER, public_id=abroad.public_id, sent_on=date(2026, 11, 30),
            assessed_on=date(2026, 11, 20),
        )  # fmt: skip
    with clock.at(AFTER):
        enable(abroad)
        services.note_decision(
            actor=OFFICER, public_id=notice.public_id, decision="banned", day=date(2026, 12, 15)
        )
        with pytest.raises(Forbidden):
            enable(abroad)
        assert not selectors.recipient_cleared("cloud", AFTER)
        assert Task.objects.filter(kind=DELETION, status="open").count() == 1
        services.note_deletion(
            actor=OFFICER, public_id=notice.public_id, day=date(2026, 12, 16), proof="Письмо № 4"
        )
        assert not Task.objects.filter(kind=DELETION, status="open").exists()


def test_a_notice_covers_the_fields_that_it_named(abroad: OutboundIntegration) -> None:
    with clock.at(NOTICED):
        services.file_notice(
            actor=OFFICER, public_id=abroad.public_id, sent_on=date(2026, 11, 30),
            assessed_on=date(2026, 11, 20),
        )  # fmt: skip
    with clock.at(AFTER):
        enable(abroad)
        services.save_recipient(
            actor=OFFICER, public_id=abroad.public_id, pd_fields=["EMAIL", "PHONE"]
        )
        assert not selectors.recipient_cleared("cloud", AFTER)
        with pytest.raises(Forbidden) as refused:
            enable(abroad)
        assert refused.value.code == "B_CROSS_BORDER"


def test_at_home_and_without_people_nothing_is_needed(acme: Tenant) -> None:
    for code, values in {
        "home": {"pd_fields": ["EMAIL"], "purpose": "PROMO_DIRECT"},
        "weather": {"hosting_country": "US", "pd_fields": []},
    }.items():
        row = services.save_recipient(actor=OFFICER, code=code, name=code, **values)
        enable(row)
        assert selectors.recipient_cleared(code, clock.now())


def test_the_mail_server_is_a_recipient_too_and_strangers_are_none(acme: Tenant) -> None:
    now = clock.now()
    assert selectors.recipient_cleared("mail", now)
    assert not selectors.recipient_cleared("nobody", now)
    mail = OutboundIntegration.objects.get(code="mail")
    services.save_recipient(actor=OFFICER, public_id=mail.public_id, hosting_country="DE")
    assert not selectors.recipient_cleared("mail", now)
    # what was approved in Russia is approved anew abroad, and Germany is adequate no more
    with pytest.raises(Forbidden):
        enable(mail)


def test_the_agency_enters_and_the_officer_enables(acme: Tenant) -> None:
    agency = Actor("user:9", Role.AGENCY_DPO, None, 9)
    row = services.save_recipient(actor=agency, code="new", name="New")
    with pytest.raises(Forbidden):
        services.enable_recipient(actor=agency, public_id=row.public_id)
