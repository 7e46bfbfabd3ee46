"""Screens by role: the officer runs and signs, others look or are refused; nobody sees a value."""

from typing import Any

import pytest
from django.urls import reverse

from tenants.accounts.contracts import Permission, Role
from tenants.accounts.permissions import AGENCY_NEVER, allowed
from tenants.customers.models import Customer
from tenants.erasure import services
from tenants.erasure.models import DestructionAct, ErasureJob, LegalHold, RetentionPolicy
from tests.factories.accounts import client_of
from tests.factories.erasure import OFFICER, email_of, make_person, phone_of

pytestmark = pytest.mark.django_db
LOOKERS = {Role.CLIENT_DPO, Role.CLIENT_ADMIN, Role.AGENCY_DPO, Role.AUDITOR}


def url(name: str, *args: Any) -> str:
    return reverse(f"tenants:erasure-{name}", args=args)


@pytest.fixture
def job(acme: Any) -> ErasureJob:
    person = make_person(1)
    found = services.begin_erasure(
        customer_id=person.pk, ground="WITHDRAWN_21_5", requested_by=OFFICER
    )
    services.run_job(job_id=found.pk)
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("role", list(Role))
def test_every_page_by_role(acme: Any, job: ErasureJob, role: Role) -> None:
    client = client_of(acme, role)
    run = services.nightly()
    pages = [url("jobs"), url("job", job.public_id), url("acts"), url("act", job.act.public_id),
             url("act-file", job.act.public_id), url("log-file", job.act.public_id),
             url("holds"), url("retention"), url("run", run.public_id)]  # fmt: skip
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == (200 if role in LOOKERS else 403), page
        text = answer.content.decode("utf-8", "ignore")
        assert email_of(1) not in text
        assert phone_of(1) not in text
    assert allowed(role, Permission.ERASURE_RUN) is (role == Role.CLIENT_DPO)


def test_officer_erases_by_address_holds_and_changes_a_term(acme: Any) -> None:
    first, second = make_person(1), make_person(2)
    officer = client_of(acme, Role.CLIENT_DPO)
    answer = officer.post(
        url("hold-place"), {"who": email_of(2), "ground": "Спор о возврате", "until": "2099-01-31"}
    )
    assert answer.status_code == 302
    assert LegalHold.objects.get().customer_id == second.pk
    answer = officer.post(
        url("begin"), {"who": phone_of(1), "ground": "WITHDRAWN_21_5", "reason": "Отзыв"}
    )
    assert answer.status_code == 302
    first.refresh_from_db()
    assert first.status in {Customer.Status.ERASED, Customer.Status.ERASURE_PENDING}
    assert officer.post(url("begin"), {"who": "nobody@example.org"}).status_code == 404
    answer = officer.post(url("policy", "events"), {"days": "400", "is_active": "on"})
    assert answer.status_code == 302
    assert RetentionPolicy.objects.get(code="events").hours == 400 * 24
    assert officer.post(url("policy", "events"), {"days": "0"}).status_code == 422
    assert officer.post(url("look")).status_code == 200


def test_act_is_signed_on_the_page(acme: Any, job: ErasureJob) -> None:
    officer = client_of(acme, Role.CLIENT_DPO)
    page = url("act-sign", job.act.public_id)
    assert officer.post(page, {"name": "Орлова"}).status_code == 422
    whole = {"name": "Орлова А.", "position": "DPO", "signature_type": "paper",
             "second_name": "Белов П.", "second_position": "Администратор"}  # fmt: skip
    assert officer.post(page, whole).status_code == 302
    assert DestructionAct.objects.get().status == DestructionAct.Status.WAITING


def test_agency_never_erases() -> None:
    assert {Permission.ERASURE_RUN, Permission.ERASURE_SIGN} <= AGENCY_NEVER
