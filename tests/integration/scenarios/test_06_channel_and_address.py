"""Given ACTIVE permission for SMS on number A,
When a campaign targets e-mail, or number B of the same person,
Then both are blocked `B_AD_PERMISSION`.
"""

from django_tenants.utils import schema_context

from campaigns.delivery.models import Message
from campaigns.delivery.services import work
from tenants.customers.models import ContactPoint
from tenants.privacy.models import AdPermission
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import FakeChannel, make_dispatch, make_people


def _reason(customer_id: int) -> str:
    channel = FakeChannel()
    dispatch = make_dispatch()
    with schema_context("public"):
        work(channel, seconds=30)
    return Message.objects.get(dispatch=dispatch, customer_id=customer_id).reason


def test_a_permission_is_for_one_channel(acme: Tenant) -> None:
    make_people(1, 1)
    AdPermission.objects.update(channel="SMS", identity_proof="OTP_SMS")
    assert _reason(1) == "B_AD_PERMISSION"


def test_a_permission_is_for_one_address(acme: Tenant) -> None:
    make_people(1, 1)
    ContactPoint.objects.update(address_hmac=b"another address".ljust(32))
    assert _reason(1) == "B_AD_PERMISSION"
