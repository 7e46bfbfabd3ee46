"""Mass call.

Given an automatic informational call about an order and no CALL_MASS consent, When launched, Then
it is blocked even though the class is SERVICE; with consent, it needs an active CallLabel and an
operator contract.
"""

from datetime import date, datetime

import pytest

from campaigns.delivery.content import content_of
from campaigns.delivery.contracts import Policy
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.ruling import make_ruling
from campaigns.delivery.services import Audience, start_dispatch
from campaigns.delivery.statements import rows_of
from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden
from tenants.accounts.contracts import Role
from tenants.audit.services import Actor
from tenants.channel_law import services
from tenants.channel_law.selectors import lawful
from tenants.customers.models import ContactPoint
from tenants.privacy.models import AdPermission
from tenants.registers import services as registers
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people, make_sender, make_service_template
from tests.factories.consents import evidence_id

OFFICER = Actor("user:8", Role.CLIENT_DPO, None, 8)
DAY = date(2026, 1, 1)
NOON = "2026-11-24T12:00:00+03:00"
CALL = Policy(is_advertising=False, channel="CALL_MASS", cap=None)


def verdict(tenant: Tenant, customer_id: int) -> str:
    """Of the very statement that decides at dispatch."""
    content = content_of(make_service_template(), make_sender())
    ruling = make_ruling(CALL, content, tenant=tenant, now=clock.now())
    params = gate_params(CALL, ruling, tenant=tenant, dispatch_id=0, now=clock.now())
    query = classify_sql(CALL, ruling).format(audience="SELECT %(one)s::bigint AS customer_id")
    return str(rows_of(query, {**params, "one": customer_id})[0][4])


def clear_provider() -> None:
    row = registers.save_recipient(
        actor=OFFICER, code="call-mass", name="Calls", host="calls.example.ru", country="RU",
        hosting_country="RU", pd_fields=["PHONE"], purpose="SERVICE_NOTICE",
    )  # fmt: skip
    registers.enable_recipient(actor=OFFICER, public_id=row.public_id)


def test_an_informational_mass_call(acme: Tenant) -> None:
    [someone] = make_people(1, 1)
    phone = b"p" * 32
    ContactPoint.objects.create(customer_id=someone, kind="phone", address_hmac=phone, sealed=b"")
    with clock.at(datetime.fromisoformat(NOON)):
        clear_provider()
        # without a consent: blocked, whatever the class; and the law closes the channel besides
        assert verdict(acme, someone) == "B_AD_PERMISSION"
        audience = Audience("SELECT 1::bigint AS customer_id", {})
        with pytest.raises(Forbidden) as refused:
            start_dispatch(audience=audience, policy=CALL,
                           content=content_of(make_service_template(), make_sender()))  # fmt: skip
        assert refused.value.code == "B_CHANNEL_LAW"
        AdPermission.objects.create(
            customer_id=someone, channel="CALL_MASS", address_hmac=phone, status="ACTIVE",
            identity_proof="OTP_SMS", verified_at=clock.now(), given_at=clock.now(),
            evidence_id=evidence_id(),
        )  # fmt: skip
        # with it: the contract and the label
        assert verdict(acme, someone) == "B_CHANNEL_LAW"
        assert lawful("CALL_MASS", "service").missing == ("sender_contract", "call_label")
        services.add_sender(channel="CALL_MASS", name="ACME", mobile_operator="Связь",
                            contract_number="1", valid_from=DAY, actor=OFFICER)  # fmt: skip
        assert verdict(acme, someone) == "B_CHANNEL_LAW"
        services.add_call_label(number="+7 900 000-00-09", name="Acme", category="Доставка",
                                mobile_operator="Связь", valid_from=DAY, actor=OFFICER)  # fmt: skip
        assert verdict(acme, someone) == ""
        AdPermission.objects.filter(channel="CALL_MASS").update(status="REVOKED")
        assert verdict(acme, someone) == "B_AD_PERMISSION"


def test_at_night_nobody_is_called(acme: Tenant) -> None:
    [someone] = make_people(1, 1)
    phone = b"p" * 32
    ContactPoint.objects.create(customer_id=someone, kind="phone", address_hmac=phone, sealed=b"")
    with clock.at(datetime.fromisoformat("2026-11-24T21:30:00+03:00")):
        clear_provider()
        services.add_sender(channel="CALL_MASS", name="ACME", mobile_operator="Связь",
                            contract_number="1", valid_from=DAY, actor=OFFICER)  # fmt: skip
        services.add_call_label(number="+7 900 000-00-09", name="Acme", category="Доставка",
                                mobile_operator="Связь", valid_from=DAY, actor=OFFICER)  # fmt: skip
        AdPermission.objects.create(
            customer_id=someone, channel="CALL_MASS", address_hmac=phone, status="ACTIVE",
            identity_proof="OTP_SMS", verified_at=clock.now(), given_at=clock.now(),
            evidence_id=evidence_id(),
        )  # fmt: skip
        assert verdict(acme, someone) == "B_POLICY_QUIET"
