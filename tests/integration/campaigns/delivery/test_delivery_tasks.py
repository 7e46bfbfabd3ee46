"""Celery only wakes workers: a task more or less changes nothing."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from campaigns.delivery import claims, selectors, tasks
from campaigns.delivery.models import Slice
from cvm_platform.celery import app
from cvm_platform.common import clock
from cvm_platform.local.catcher import Catcher, list_messages
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_dispatch, make_people


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with Catcher(tmp_path) as catcher:
        monkeypatch.setattr(settings, "SMTP_URL", catcher.url)
        yield tmp_path
        tasks._adapter(catcher.url, os.getpid()).close()
        tasks._adapter.cache_clear()


def run(name: str) -> None:
    app.tasks[name].apply(throw=True)


def test_a_start_wakes_the_workers_after_the_commit(
    acme: Tenant, box: Path, django_capture_on_commit_callbacks: Any
) -> None:
    make_people(1, 30)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        dispatch = make_dispatch()
    assert len(callbacks) >= 2
    assert selectors.dispatch_counts(dispatch.pk).sent == 30
    assert list_messages(box).total == 30
    assert connection.schema_name == "acme"  # type: ignore[attr-defined]  # django-tenants' own


def test_the_clock_makes_good_a_lost_wake_up(acme: Tenant, box: Path) -> None:
    make_people(1, 10)
    dispatch = make_dispatch()
    run("delivery.tick")
    assert selectors.dispatch_counts(dispatch.pk).sent == 10


def test_the_clock_takes_back_what_a_dead_worker_held(acme: Tenant, box: Path) -> None:
    make_people(1, 10)
    dispatch = make_dispatch()
    connection.set_schema_to_public()  # type: ignore[attr-defined]  # django-tenants' own
    claim = claims.claim_slice()
    assert claim is not None
    connection.set_tenant(acme)  # type: ignore[attr-defined]  # django-tenants' own
    Slice.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    run("delivery.tick")
    assert selectors.dispatch_counts(dispatch.pk).sent == 10


def test_waking_nobody_does_nothing(acme: Tenant, box: Path) -> None:
    run("delivery.wake")
    run("delivery.tick")
    assert list_messages(box).total == 0


def test_the_clock_is_set() -> None:
    entry = app.conf.beat_schedule["delivery.tick"]
    assert (entry["task"], entry["schedule"]) == ("delivery.tick", tasks.TICK_SECONDS)
    assert entry["options"] == {"expires": tasks.TICK_SECONDS}
