"""A worker killed in the middle of an erasure: another one finishes, nothing is left."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.erasure import services
from tenants.erasure.models import ErasureJob
from tenants.tenancy.models import Tenant
from tests.factories.erasure import OFFICER, make_person, rows_of

CHILD = """
import time, django
django.setup()
from django_tenants.utils import tenant_context
from tenants.erasure import services
from tenants.erasure.services import running
from tenants.tenancy.models import Tenant
whole = running.steps.run
def run(eraser, people):
    if eraser.name == "customers.ContactPoint":
        time.sleep(600)
    return whole(eraser, people)
running.steps.run = run
with tenant_context(Tenant.objects.get(schema_name="acme")):
    services.run_job(job_id={job})
"""


def test_killed_worker_is_followed_by_another(own_database: str) -> None:
    with tenant_context(Tenant.objects.get(schema_name="acme")):
        person = make_person(1)
        hold = services.place_hold(
            customer_public_id=person.public_id, ground="wait", actor=OFFICER
        )  # so that the eager task does nothing yet
        job = services.begin_erasure(
            customer_id=person.pk, ground="WITHDRAWN_21_5", requested_by=OFFICER
        )
        services.lift_hold(public_id=hold.public_id, actor=OFFICER)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD.format(job=job.pk)], cwd=Path(__file__).parents[4],
            env={**os.environ, "DATABASE_URL": own_database},
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while "all:features.RfmScore" not in ErasureJob.objects.get(pk=job.pk).steps:
                assert child.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            time.sleep(0.5)
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        job.refresh_from_db()
        done = dict(job.steps)
        assert job.status == ErasureJob.Status.RUNNING
        assert rows_of(person.pk)["customers.ContactPoint"] == 2
        assert services.run_due_jobs() == 0  # the dead worker's lease still holds
        with clock.at(clock.now() + timedelta(minutes=6)):
            assert services.run_due_jobs() == 1
        job.refresh_from_db()
        assert job.status == ErasureJob.Status.DONE
        assert {key: job.steps[key] for key in done} == done  # nothing was done twice
        rows = rows_of(person.pk)
        assert rows["customers.ContactPoint"] == rows["customers.PersonalName"] == 0
