"""Given permission names brand X,
When a campaign of brand Y of the same operator is sent,
Then it is blocked unless Y is in the text version's brand list.
"""

import pytest
from django_tenants.utils import schema_context

from campaigns.delivery.contracts import Policy
from campaigns.delivery.models import Message
from campaigns.delivery.services import work
from tenants.privacy.models import AdPermission
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import FakeChannel, make_dispatch, make_people


@pytest.mark.parametrize(
    ("brands", "reason"), [(["X"], "B_AD_PERMISSION"), (["X", "Y"], ""), ([], "B_AD_PERMISSION")]
)
def test_the_permission_must_name_the_brand(acme: Tenant, brands: list[str], reason: str) -> None:
    make_people(1, 1)
    AdPermission.objects.update(brands=brands)
    make_dispatch(policy=Policy(brand="Y"))
    channel = FakeChannel()
    with schema_context("public"):
        work(channel, seconds=30)
    assert Message.objects.get().reason == reason
    assert bool(channel.recipients) == (reason == "")
