"""Background work: in its tenant, after the commit, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from cvm_platform.celery import app
from cvm_platform.common import jobs
from cvm_platform.common.errors import NoTenant
from tenants.tenancy.models import Tenant

SEEN: list[str] = []


@pytest.fixture(autouse=True)
def task() -> Iterator[Any]:
    SEEN.clear()

    @app.task(name="tests.note_schema", bind=True)
    def note_schema(self: Any, **_: Any) -> None:
        SEEN.append(connection.schema_name)

    @app.task(name="tests.platform", platform=True)
    def platform() -> None:
        SEEN.append(connection.schema_name)

    yield note_schema
    app.tasks.pop("tests.note_schema")
    app.tasks.pop("tests.platform")


def test_a_job_runs_after_commit_in_the_tenant_that_asked(
    acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as callbacks, transaction.atomic():
        jobs.enqueue("tests.note_schema", thing_id=1)
        assert SEEN == []
    with schema_context("beta"):  # wherever the callback happens to run
        callbacks[0]()
        assert connection.schema_name == "beta"
    assert SEEN == ["acme"]


def test_a_rolled_back_job_never_runs(acme: Tenant) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        jobs.enqueue("tests.note_schema")
        raise Stop
    assert SEEN == []


def test_a_job_outside_a_tenant_is_refused_at_once(db: None) -> None:
    with pytest.raises(NoTenant):
        jobs.enqueue("tests.note_schema")


def test_a_task_without_a_tenant_fails_instead_of_running_in_public(db: None, task: Any) -> None:
    with pytest.raises(NoTenant):
        task.apply(throw=True)
    with pytest.raises(NoTenant):
        task.apply(headers={jobs.HEADER: "public"}, throw=True)
    assert SEEN == []


def test_the_task_of_a_deleted_tenant_fails(db: None, task: Any) -> None:
    with pytest.raises(Tenant.DoesNotExist):
        task.apply(headers={jobs.HEADER: "gone"}, throw=True)
    assert SEEN == []


def test_a_platform_task_starts_in_public_and_gives_the_schema_back(acme: Tenant) -> None:
    app.tasks["tests.platform"].apply(throw=True)
    assert SEEN == ["public"]
    assert connection.schema_name == "acme"
