"""Given a user ticks SMS advertising and enters a number but not the OTP,
When 72 h pass,
Then the permission is expired, no SMS advertising was sent, and pending data are destroyed.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.privacy import services
from tenants.privacy.models import AdPermission
from tenants.privacy.registry import carry_codes
from tenants.tenancy.models import Tenant
from tests.factories.consents import published
from tests.factories.forms import open_form

PHONE = "+7 900 000-00-44"


@pytest.fixture
def codes() -> Iterator[list[str]]:
    sent: list[str] = []
    carry_codes("SMS", lambda _customer, _address, code: sent.append(code))
    yield sent
    carry_codes("SMS", None)


def _submit(acme: Tenant) -> services.Filled:
    return services.Filled({"phone": PHONE}, ticked=[published(acme)["SMS"].pk])


def test_no_code_no_permission(acme: Tenant, codes: list[str]) -> None:
    form = open_form(acme, "SMS", fields=("phone",))
    made = services.submit_form(form=form, filled=_submit(acme))
    assert len(codes) == 1
    assert AdPermission.objects.get().status == "PENDING"
    assert services.expire_confirmations() == 0
    with clock.at(clock.now() + timedelta(hours=72, minutes=1)):
        assert services.expire_confirmations() == 1
        assert services.expire_confirmations() == 0
        with pytest.raises(NotFound):
            services.confirm_by_code(public_id=made.asked[0].public_id, code=codes[0], ip=None)
    assert AdPermission.objects.get().status == "EXPIRED"


def test_the_code_makes_it_active_and_is_kept_nowhere(acme: Tenant, codes: list[str]) -> None:
    form = open_form(acme, "SMS", fields=("phone",))
    asked = services.submit_form(form=form, filled=_submit(acme)).asked[0]
    with pytest.raises(InvalidInput):
        services.confirm_by_code(public_id=asked.public_id, code="x", ip=None)
    services.confirm_by_code(public_id=asked.public_id, code=codes[0], ip="192.0.2.1")
    permission = AdPermission.objects.get()
    assert (permission.status, permission.identity_proof) == ("ACTIVE", "OTP_SMS")
    assert permission.verified_at is not None
    asked.refresh_from_db()
    assert codes[0].encode() not in bytes(asked.code_hmac or b"")


def test_guessing_ends_after_five_attempts(acme: Tenant, codes: list[str]) -> None:
    form = open_form(acme, "SMS", fields=("phone",))
    asked = services.submit_form(form=form, filled=_submit(acme)).asked[0]
    for _attempt in range(5):
        with pytest.raises(InvalidInput):
            services.confirm_by_code(public_id=asked.public_id, code="wrong", ip=None)
    with pytest.raises(Conflict):
        services.confirm_by_code(public_id=asked.public_id, code=codes[0], ip=None)
    assert AdPermission.objects.get().status == "PENDING"
