"""Terms of storage: a look changes nothing, a second person decides, disputes are kept."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.events.models import Event, EventKey
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.customers.models import Customer
from tenants.erasure import services
from tenants.erasure.models import DestructionAct, ErasureJob, RetentionPolicy, RetentionRun
from tests.factories.erasure import OFFICER, email_of, make_person

pytestmark = pytest.mark.django_db
LATER = timedelta(days=3 * 365 + 70)


def test_look_counts_shows_no_value_and_changes_nothing(acme: Any) -> None:
    person, held = make_person(1), make_person(2)
    services.place_hold(customer_public_id=held.public_id, ground="Спор", actor=OFFICER)
    with clock.at(clock.now() + LATER):
        report = {row["code"]: row for row in services.look()}
    assert (report["profiles"]["count"], report["profiles"]["kept"]) == (1, {"hold": 1})
    assert report["profiles"]["sample"] == [str(person.pk)]
    assert report["events"]["count"] == Event.objects.count()
    assert email_of(1) not in str(report)
    assert Customer.objects.filter(status="active").count() == 2


def test_nothing_goes_before_a_decision_and_all_of_it_after(acme: Any) -> None:
    person, held = make_person(1), make_person(2)
    services.place_hold(customer_public_id=held.public_id, ground="Спор", actor=OFFICER)
    with clock.at(clock.now() + LATER):
        run = services.nightly()
        assert run.status == RetentionRun.Status.WAITING
        assert Event.objects.exists()
        assert not EventKey.objects.exists()  # keys need nobody's decision
        with pytest.raises(Conflict):
            services.apply_run(run_id=run.pk)
        approval = Approval.objects.get(kind="erasure.retention", status="pending")
        decide(
            public_id=approval.public_id, actor=OFFICER, approve=True, seen=approval.content_hash
        )
        run = services.apply_run(run_id=run.pk)
        assert run.status == RetentionRun.Status.APPLIED
        assert not Event.objects.exists()
        job = ErasureJob.objects.get(subjects__customer_id=person.pk)
        services.run_job(job_id=job.pk)
        again = dict(services.apply_run(run_id=run.pk).applied)
    assert again == run.applied
    person.refresh_from_db()
    held.refresh_from_db()
    assert (person.status, held.status) == ("erased", "active")
    assert DestructionAct.objects.count() == 2  # of the person and of the events


def test_a_no_destroys_nothing(acme: Any) -> None:
    make_person(1)
    with clock.at(clock.now() + LATER):
        run = services.nightly()
        approval = Approval.objects.get(kind="erasure.retention", status="pending")
        decide(public_id=approval.public_id, actor=OFFICER, approve=False, note="Ещё рано",
               seen=approval.content_hash)  # fmt: skip
    run.refresh_from_db()
    assert run.status == RetentionRun.Status.REFUSED
    assert Event.objects.exists()


def test_new_company_has_all_terms(acme: Any) -> None:
    assert RetentionPolicy.objects.count() == 10
