"""The demo as a whole: who is in it, what each company is filled with, and where it broke off.

A company is marked on its schema while it is loaded. A load that was interrupted, in whatever way,
leaves the mark, and the next call drops that company and makes it anew; a finished one is left
alone, whatever people have done in it since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from django.conf import settings
from django_tenants.utils import tenant_context

from campaigns.results.snapshots import refresh_snapshot
from cvm_platform.common.schema import connection
from cvm_platform.demo.coffee_load import CoffeeLoad
from cvm_platform.demo.companies import Cast, create_company, ensure_agency, read_cast
from cvm_platform.demo.progress import Progress
from cvm_platform.demo.retail_load import RetailLoad
from cvm_platform.demo.sink import mail_sink
from cvm_platform.demo.state import State, drop_unfinished, mark, state_of
from cvm_platform.demo.summary import write_summary
from cvm_platform.demo.together import run_together
from tenants.tenancy.models import Tenant

CUSTOMERS = 60_000
_AT_ONCE = 2  # half of the work is the database's, so two keep two cores busy
_LOCK = 0x44454D4F  # two loads at once would drop each other's half-made companies
Fill = Callable[[Tenant, "Options", Progress, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """`only` names the companies to load; empty: all. `today` in Moscow."""

    today: date
    folder: Path
    customers: int = CUSTOMERS
    only: frozenset[str] = frozenset()


def load_demo(options: Options, say: Callable[[str], object]) -> dict[str, float]:
    """Loads what is missing; returns the seconds of every stage, {} when all was there.

    Raises:
        RuntimeError: a part of the demo was refused by the product, or letters did not leave.
    """
    progress = Progress(say)
    cast = read_cast()
    connection.set_schema_to_public()
    wanted = [slug for slug in cast.companies if not options.only or slug in options.only]
    if any(state_of(slug) in {State.ABSENT, State.LOADING} for slug in wanted):
        _load_missing(cast, wanted, options, progress)
    write_summary(cast, options.folder)
    return progress.seconds


def _load_missing(cast: Cast, wanted: list[str], options: Options, progress: Progress) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        with progress.stage("agency") as note:
            note.text = f"{ensure_agency(cast)} people"
        with mail_sink(settings.SMTP_URL, settings.MAIL_CATCHER_DIR) as sink_url:
            run_together(
                [
                    partial(_load_company, cast, slug, options, progress.named(slug), sink_url)
                    for slug in wanted
                ],
                at_once=_AT_ONCE,
            )
    finally:
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _load_company(
    cast: Cast, slug: str, options: Options, progress: Progress, sink_url: str
) -> None:
    state = state_of(slug)
    if state is State.FOREIGN:
        progress.say(f"{slug}: a company of yours has this name, the demo leaves it alone")
        return
    if state is State.READY:
        return
    if state is State.LOADING:
        with progress.stage("an unfinished load is removed"):
            drop_unfinished(slug)
    with progress.stage("company"):
        tenant = create_company(cast.companies[slug], cast)
    with tenant_context(tenant):
        _FILLS[slug](tenant, options, progress, sink_url)
    mark(slug, State.READY)


def _fill_coffee(tenant: Tenant, options: Options, progress: Progress, sink_url: str) -> None:
    CoffeeLoad.of(tenant, options.today, options.customers, progress).run(sink_url)


def _fill_retail(tenant: Tenant, options: Options, progress: Progress, sink_url: str) -> None:
    folder = options.folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    RetailLoad(tenant, folder, options.today, progress).run(sink_url)


def _fill_nothing(_tenant: Tenant, _options: Options, _progress: Progress, _sink: str) -> None:
    refresh_snapshot()


_FILLS: dict[str, Fill] = {
    "coffee": _fill_coffee,
    "retail": _fill_retail,
    "manufaktura": _fill_nothing,
}
