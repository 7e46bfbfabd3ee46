"""Given the user unsubscribes from e-mail,
Then SMS permission and PD consent stay ACTIVE and the order history is intact.
"""

from cvm_platform.common import clock
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import hmac_of, make_people


def test_a_refusal_of_one_channel_ends_that_channel_only(acme: Tenant) -> None:
    make_people(1, 2)
    mail = AdPermission.objects.get(customer_id=1)
    AdPermission.objects.create(
        customer_id=1, channel="SMS", address_hmac=b"p" * 32, status="ACTIVE",
        identity_proof="OTP_SMS", verified_at=clock.now(), given_at=clock.now(),
        brands=mail.brands, evidence_id=mail.evidence_id,
    )  # fmt: skip
    stop_channel(customer_id=1, channel="EMAIL", address_hmac=hmac_of(1), source="LINK")
    found = AdPermission.objects.filter(customer_id=1).values_list("channel", "status")
    assert dict(found) == {"EMAIL": "REVOKED", "SMS": "ACTIVE"}
    assert ConsentRecord.objects.filter(customer_id=1).get().status == "ACTIVE"
    assert (Customer.objects.count(), ContactPoint.objects.count()) == (2, 2)
    assert AdPermission.objects.get(customer_id=2).status == "ACTIVE"
    assert StopEvent.objects.get().destroy_by is None
