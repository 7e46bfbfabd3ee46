"""Mobile-operator refusal.

Given the SMS provider returns "subscriber refused mailings", Then permission becomes
OPERATOR_REFUSED, no retry by another sender id, and one-time codes are routed to another verified
channel.
"""

from datetime import date

from campaigns.delivery.models import Dispatch, Message
from campaigns.delivery.reports import Report, take_report
from campaigns.delivery.why import channel_for_codes, now_of
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.audit.services import Actor
from tenants.channel_law import services
from tenants.customers.models import ContactPoint
from tenants.privacy.models import AdPermission, StopEvent, Suppression
from tenants.registers import services as registers
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.consents import evidence_id
from tests.factories.requests import moscow

OFFICER = Actor("user:8", Role.CLIENT_DPO, None, 8)
PHONE = b"p" * 32


def open_sms() -> None:
    row = registers.save_recipient(
        actor=OFFICER, code="sms", name="SMS", host="sms.example.ru", country="RU",
        hosting_country="RU", pd_fields=["PHONE"], purpose="PROMO_DIRECT",
    )  # fmt: skip
    registers.enable_recipient(actor=OFFICER, public_id=row.public_id)
    for name in ("ACME", "ACME-2"):
        services.add_sender(channel="SMS", name=name, mobile_operator="Связь", actor=OFFICER,
                            contract_number="1", valid_from=date(2026, 1, 1))  # fmt: skip


def answers(customer_id: int, *, is_advertising: bool) -> dict[str, str]:
    return {each.channel: each.code for each in now_of(customer_id, is_advertising=is_advertising)}


def test_refused_at_the_operator(acme: Tenant) -> None:
    [someone] = make_people(1, 1)
    contact = ContactPoint.objects.create(
        customer_id=someone, kind="phone", address_hmac=PHONE, sealed=b"", verified_at=clock.now()
    )
    with clock.at(moscow("2026-11-24T12:00")):
        open_sms()
        permission = AdPermission.objects.create(
            customer_id=someone, channel="SMS", address_hmac=PHONE, status="ACTIVE",
            identity_proof="OTP_SMS", verified_at=clock.now(), given_at=clock.now(),
            evidence_id=evidence_id(),
        )  # fmt: skip
        assert answers(someone, is_advertising=True)["SMS"] == ""
        assert channel_for_codes(someone) == "SMS"
        dispatch = Dispatch.objects.create(purpose="broadcast", channel="SMS", content={},
                                           policy={"is_advertising": True})  # fmt: skip
        Message.objects.create(customer_id=someone, dispatch=dispatch, slice_number=0,
                               state="sent", contact_id=contact.pk)  # fmt: skip
        report = {"dispatch_id": dispatch.pk, "customer_id": someone}
        assert take_report(**report, report=Report.OPERATOR_REFUSED)
        assert not take_report(**report, report=Report.OPERATOR_REFUSED)  # twice is once
        permission.refresh_from_db()
        assert permission.status == "OPERATOR_REFUSED"
        assert StopEvent.objects.get().kind == "OPERATOR_REFUSAL"
        assert Suppression.objects.get().reason == "operator_refusal"
        # not by the other sender's name, and no service messages either; codes go by letter
        assert answers(someone, is_advertising=True)["SMS"] == "B_AD_PERMISSION"
        assert answers(someone, is_advertising=False)["SMS"] == "B_SUPPRESSED"
        assert answers(someone, is_advertising=True)["EMAIL"] == ""
        assert channel_for_codes(someone) == "EMAIL"
