"""Suppression survives.

Given an erased subject who had refused advertising, When the operator re-imports the same phone,
Then the row is rejected/suppressed through HMAC and no message is sent.
"""

from typing import Any

import pytest

from cvm_platform.common import clock
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import ContactPoint, Customer
from tenants.customers.sealing import Vault
from tenants.customers.services import upsert_customers
from tenants.erasure import services
from tenants.erasure.models import ErasedIdentity
from tenants.privacy.models import Suppression
from tests.factories.erasure import OFFICER, make_person, phone_of

pytestmark = pytest.mark.django_db


def test_refusal_outlives_the_person(acme: Any) -> None:
    person = make_person(1)
    hmac = Vault(acme).phone_hmac(phone_of(1))
    Suppression.objects.create(
        channel="SMS", address_hmac=hmac, reason="unsubscribe", since=clock.now()
    )
    job = services.begin_erasure(
        customer_id=person.pk, ground="WITHDRAWN_21_5", requested_by=OFFICER
    )
    services.run_job(job_id=job.pk)
    assert Suppression.objects.filter(channel="SMS", address_hmac=hmac).exists()
    assert hmac not in {bytes(row.key) for row in ErasedIdentity.objects.all()}  # a key of its own

    people = Customer.objects.count()
    report = upsert_customers(
        rows=[CustomerRow(external_id="another-id", phone=phone_of(1), first_name="Вера")],
        source="crm",
    )
    assert [problem.code for problem in report.problems] == ["erased"]
    assert report.customer_ids == [None]
    assert Customer.objects.count() == people
    assert not ContactPoint.objects.filter(address_hmac=hmac).exists()  # nowhere to send to
