"""Celery only wakes workers; what is to be done stands in the tables."""

import os
from functools import lru_cache
from typing import Any

from celery import shared_task
from django.conf import settings

from campaigns.channels.contracts import ChannelAdapter, Kind
from campaigns.channels.registry import open_adapter
from campaigns.delivery import claims, services, stops, trust
from cvm_platform.celery import app
from cvm_platform.common import clock
from cvm_platform.common.jobs import TenantTask, for_every_tenant

TURN_SECONDS = 10.0  # then other work gets the process
TICK_SECONDS = 5.0


@lru_cache(maxsize=1)
def _adapter(url: str, pid: int) -> ChannelAdapter[Any]:
    """One connection per process, kept between turns; a forked child opens its own."""
    return open_adapter(Kind.EMAIL, url)


@app.task(name="delivery.wake", platform=True)
def wake(**_: Any) -> None:
    report = services.work(_adapter(settings.SMTP_URL, os.getpid()), seconds=TURN_SECONDS)
    if not report.trouble:
        _wake_again()


@app.task(name="delivery.tick", platform=True)
def tick(**_: Any) -> None:
    """The safety net: dead workers, lost wake-ups, slices put off that are due now."""
    services.reap()
    _wake_again()


@shared_task(name="delivery.watch", base=TenantTask)
def watch() -> None:
    """Advertising that left after a refusal: none is ever expected."""
    stops.watch_stops()


@shared_task(name="delivery.watch_all", base=TenantTask, platform=True)
def watch_all() -> None:
    for_every_tenant("delivery.watch", spread_seconds=60)


@shared_task(name="delivery.verify", base=TenantTask)
def verify() -> None:
    trust.watch_chains()


@shared_task(name="delivery.verify_all", base=TenantTask, platform=True)
def verify_all() -> None:
    for_every_tenant("delivery.verify", spread_seconds=1800)


def _wake_again() -> None:
    """Nobody free to take it in time means that everybody is sending already."""
    if claims.has_work(clock.now()):
        wake.apply_async(expires=TICK_SECONDS)


app.add_periodic_task(
    TICK_SECONDS, app.signature("delivery.tick"), name="delivery.tick", expires=TICK_SECONDS
)
