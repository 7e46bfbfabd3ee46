"""A person is erased from every store; what must stay stays, sums do not move."""

from datetime import timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from analytics.events.models import Event, Order
from campaigns.experiments.models import Assignment
from cvm_platform.common import clock
from cvm_platform.common.errors import InvalidInput, NotFound
from tenants.audit.models import ProcessingEntry
from tenants.customers.models import Customer, DataKey, Identity
from tenants.customers.selectors import customers_found_by
from tenants.erasure import registry, services
from tenants.erasure.models import ErasureJob, LegalHold
from tenants.keyring.models import ErasureMark, KeyShare
from tests.factories.erasure import OFFICER, email_of, make_person, phone_of, rows_of

pytestmark = pytest.mark.django_db


def erase(customer: Customer, ground: str = "WITHDRAWN_21_5") -> ErasureJob:
    job = services.begin_erasure(customer_id=customer.pk, ground=ground, requested_by=OFFICER)
    services.run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def test_person_is_blocked_at_once_and_by_the_same_job_when_asked_twice(acme: Any) -> None:
    person = make_person(1)
    job = services.begin_erasure(
        customer_id=person.pk, ground="WITHDRAWN_21_5", requested_by=OFFICER
    )
    person.refresh_from_db()
    assert person.status == Customer.Status.ERASURE_PENDING
    again = services.begin_erasure(
        customer_id=person.pk, ground="UNLAWFUL_20_3", requested_by=OFFICER
    )
    assert again.pk == job.pk
    assert (again.ground, again.due_at < job.due_at) == ("UNLAWFUL_20_3", True)


def test_nothing_is_left_and_nothing_of_the_neighbour_is_touched(acme: Any) -> None:
    person, other = make_person(1), make_person(2)
    before = rows_of(other.pk)
    job = erase(person)
    assert job.status == ErasureJob.Status.DONE, job.error
    assert job.verified["left"] == []
    left = {name for name, rows in rows_of(person.pk).items() if rows}
    assert left <= {
        "audit.ProcessingEntry", "erasure.ErasureSubject", "erasure.Tombstone",
        "customers.DataKey",
    }  # fmt: skip
    person.refresh_from_db()
    assert (person.status, person.city, person.attributes) == ("erased", "", {})
    for text in (email_of(1), phone_of(1), "shop-1", "Проверочная1"):
        assert not customers_found_by(text).filter(pk=person.pk).exists()
    assert rows_of(other.pk) == before
    assert customers_found_by(email_of(2)).get() == other


def test_key_is_destroyed_in_both_places(acme: Any) -> None:
    person = make_person(1)
    assert KeyShare.objects.filter(tenant_id=acme.pk, customer_id=person.pk).exists()
    erase(person)
    assert not KeyShare.objects.filter(tenant_id=acme.pk, customer_id=person.pk).exists()
    key = DataKey.objects.get(customer_id=person.pk)
    assert (key.wrapped, key.destroyed_at is not None) == (None, True)


def test_sums_do_not_move(acme: Any) -> None:
    person = make_person(1)
    revenue = sum(Order.objects.values_list("revenue", flat=True))
    erase(person)
    [order] = Order.objects.all()
    [assigned] = Assignment.objects.all()
    assert (order.revenue, order.customer_id) == (revenue, assigned.customer_id)
    assert assigned.customer_id < 0
    assert (assigned.arm, assigned.assigned_at < clock.now()) == ("treated", True)
    assert not Event.objects.exists()


def test_a_later_load_does_not_bring_the_person_back(acme: Any) -> None:
    person = make_person(1)
    erase(person)
    from tenants.customers.contracts import CustomerRow
    from tenants.customers.services import upsert_customers

    rows = [CustomerRow(phone=phone_of(1)), CustomerRow(external_id="shop-1", city="Тула"),
            CustomerRow(email=email_of(9))]  # fmt: skip
    report = upsert_customers(rows=rows, source="import")
    assert [each is None for each in report.customer_ids] == [True, True, False]
    assert {problem.code for problem in report.problems} == {"erased"}
    assert upsert_customers(rows=rows[:1], source="form", by_subject=True).created == 1


def test_unfinished_order_keeps_what_the_contract_needs(acme: Any) -> None:
    person = make_person(1, order_days_ago=2)
    job = erase(person)
    assert job.status == ErasureJob.Status.PARTIAL
    rows = rows_of(person.pk)
    assert rows["customers.PersonalName"] == rows["events.Order"] == 1
    assert rows["events.Event"] == rows["features.RfmScore"] == rows["segments.SegmentMember"] == 0
    subject = job.subjects.get()
    assert [each["basis"] for each in subject.kept] == ["order"]
    with clock.at(clock.now() + timedelta(days=13)):
        services.run_due_jobs()
    job.refresh_from_db()
    assert job.status == ErasureJob.Status.DONE
    assert rows_of(person.pk)["customers.PersonalName"] == 0


def test_unlawful_data_is_not_kept_for_a_contract(acme: Any) -> None:
    assert erase(make_person(1, order_days_ago=2), "UNLAWFUL_20_3").status == "done"


def test_dispute_holds_everything_until_it_is_lifted(acme: Any) -> None:
    person = make_person(1)
    hold = services.place_hold(
        customer_public_id=person.public_id, ground="Спор о возврате", actor=OFFICER
    )
    job = erase(person)
    assert (job.status, job.next_at) == ("held", None)
    assert rows_of(person.pk)["customers.PersonalName"] == 1
    person.refresh_from_db()
    assert person.status == Customer.Status.ERASURE_PENDING
    services.lift_hold(public_id=hold.public_id, actor=OFFICER)
    assert LegalHold.objects.get().lifted_at is not None
    services.run_due_jobs()
    job.refresh_from_db()
    assert job.status == ErasureJob.Status.DONE


def test_ledger_has_the_person_before_the_first_row_goes(acme: Any) -> None:
    person = make_person(1)
    seen: list[bool] = []
    real = registry._erasers["events.Event"]
    from dataclasses import replace

    def look(_people: Any) -> int:
        seen.append(ErasureMark.objects.filter(customer_id=person.pk).exists())
        return 0

    registry._erasers["events.Event"] = replace(real, run=look, table="")
    try:
        erase(person)
    finally:
        registry._erasers["events.Event"] = real
    assert seen == [True]


def test_processing_log_says_what_was_done(acme: Any) -> None:
    person = make_person(1)
    job = erase(person)
    rows = ProcessingEntry.objects.filter(subject_id=person.pk, object_id=str(job.pk))
    actions = {row.action: row for row in rows}
    assert set(actions) == {"BLOCK", "DESTROY"}
    assert {"name", "email", "events"} <= set(actions["DESTROY"].categories)


def test_other_tenant_is_not_touched(acme: Any, beta: Any) -> None:
    person = make_person(1)
    with tenant_context(beta):
        twin = make_person(1)
    erase(person)
    with tenant_context(beta):
        twin.refresh_from_db()
        assert twin.status == Customer.Status.ACTIVE
        assert customers_found_by(email_of(1)).get() == twin
        assert KeyShare.objects.filter(tenant_id=beta.pk, customer_id=twin.pk).exists()
        assert Identity.objects.filter(person_id=twin.pk).count() == 3


def test_refusals(acme: Any) -> None:
    person = make_person(1)
    with pytest.raises(InvalidInput):
        services.begin_erasure(customer_id=person.pk, ground="because")
    with pytest.raises(NotFound):
        services.begin_erasure(customer_id=10**9, ground="WITHDRAWN_21_5")
    erase(person)
    with pytest.raises(NotFound):
        services.begin_erasure(customer_id=person.pk, ground="WITHDRAWN_21_5")
