"""Given a registration form with the advertising box unticked,
When the user submits,
Then registration succeeds, no AdPermission is created, and a service e-mail can be sent.
"""

import pytest

from cvm_platform.common.errors import InvalidInput
from tenants.audit.services import SYSTEM
from tenants.customers.models import ContactPoint
from tenants.privacy import services
from tenants.privacy.models import AdPermission, ConsentRecord
from tenants.tenancy.models import Tenant
from tests.factories.consents import published
from tests.factories.forms import open_form


def test_nobody_is_forced_to_agree_to_advertising(acme: Tenant) -> None:
    form = open_form(acme, "PROMO_DIRECT", "EMAIL")
    made = services.submit_form(
        form=form, filled=services.Filled({"email": "new@example.org"}, ticked=[])
    )
    assert (made.asked, AdPermission.objects.count(), ConsentRecord.objects.count()) == ([], 0, 0)
    # there is somebody with an address that a service message may use
    assert ContactPoint.objects.get(customer_id=made.customer_id).status == "active"


def test_a_box_of_advertising_cannot_be_required(acme: Tenant) -> None:
    form = services.save_form(
        actor=SYSTEM,
        values={"name": "Site", "title": "Новости", "fields": ["email"],
                "controls": [{"text": published(acme)["EMAIL"].pk, "is_required": True}]},
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        services.publish_form(form=form, actor=SYSTEM)
    assert "controls" in refused.value.fields
