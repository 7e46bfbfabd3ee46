"""An order file into the stage and from there into the tables."""

from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from analytics.events import services as events
from analytics.sources.contracts import DEFAULT_SOURCE, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.inspecting import chunks
from analytics.sources.reading.order_rows import Blocks, OrderRows, OrderRules
from analytics.sources.reading.rejects import Rejects
from analytics.sources.services.pulse import Pulse
from analytics.sources.services.refusals import no_rows
from cvm_platform.common import clock
from cvm_platform.common.schema import connection

CHUNK = 1000
_FLUSH = 4_000_000  # characters
_COPY = {
    "lines": events.LINE_COLUMNS, "products": events.PRODUCT_COLUMNS,
    "people": events.PEOPLE_COLUMNS,
}  # fmt: skip
_TABLE = {"lines": events.LINES, "products": events.PRODUCTS, "people": events.PEOPLE}


class _Copier:
    """Gathers COPY text and sends it in big pieces."""

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {name: [] for name in _TABLE}
        self._sizes = dict.fromkeys(_TABLE, 0)

    def add(self, blocks: Blocks) -> None:
        for name in _TABLE:
            text: str = getattr(blocks, name)
            if text:
                self._parts[name].append(text)
                self._sizes[name] += len(text)
                if self._sizes[name] > _FLUSH:
                    self._send(name)

    def finish(self) -> None:
        for name in _TABLE:
            self._send(name)

    def _send(self, name: str) -> None:
        columns = ", ".join(_COPY[name])
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {_TABLE[name]} ({columns}) FROM STDIN") as copy,
        ):
            copy.write("".join(self._parts[name]).encode())
        self._parts[name].clear()
        self._sizes[name] = 0


def _rules(job: ImportJob) -> OrderRules:
    return OrderRules(
        zone=ZoneInfo(job.settings["zone"]),
        date_order=job.settings.get("date_order", "dmy"),
        now=clock.now(),
        return_prefix=job.settings.get("return_prefix", "C"),
        keep_zero_price=bool(job.settings.get("keep_zero_price")),
    )


def stage_orders(job: ImportJob, handle: BinaryIO, rejects: Rejects, pulse: Pulse) -> OrderRows:
    """Copies the whole file into the stage; its refused rows into `rejects`."""
    layout = Layout.of(job.settings)
    rows = OrderRows(layout.columns, job.settings["mapping"], _rules(job), rejects)
    copier = _Copier()
    events.create_stage()
    number = 1
    for chunk in chunks(handle, layout, CHUNK):
        fresh = chunk[1:] if number == 1 else chunk
        number += len(chunk) - len(fresh)
        copier.add(rows.take(fresh, number))
        number += len(fresh)
        pulse.rows, pulse.rejected, pulse.bytes = number - 2, len(rejects), handle.tell()
        pulse.check()
    copier.finish()
    pulse.check()
    return rows


def load_orders(
    job: ImportJob, handle: BinaryIO, rejects: Rejects, pulse: Pulse, *, is_check: bool
) -> dict[str, Any]:
    """Stages the file and, unless this is only a check, loads it. Returns the counts.

    Raises:
        FileProblem: the file is broken, or not one row of it can be loaded.
        Cancelled: somebody asked for it.
    """
    source = job.settings.get("source", DEFAULT_SOURCE)
    rows = stage_orders(job, handle, rejects, pulse)
    pulse.phase = "grouping"
    events.gather_orders()
    totals = events.staged_totals(source)
    seen = rows.seen
    if not totals.lines:
        raise no_rows(rejects)
    report = {
        "rows": seen.rows, "lines": totals.lines, "orders": totals.orders,
        "returns": totals.returns, "customers": totals.customers,
        "lines_without_customer": totals.lines_without_customer,
        "rows_without_customer": seen.without_customer,
        "lines_with_customer": totals.lines - totals.lines_without_customer,
        "negative_lines": totals.negative_lines, "disputed": totals.disputed,
        "damaged_orders": len(seen.damaged_orders), "revenue": totals.revenue,
        "first_at": totals.first_at.isoformat() if totals.first_at else "",
        "last_at": totals.last_at.isoformat() if totals.last_at else "",
        "known_orders": totals.known_orders, "known_customers": totals.known_customers,
    }  # fmt: skip
    if is_check:
        return report
    pulse.check()
    pulse.phase = "loading"
    loaded = events.load_staged_orders(source=source, gathered=True)
    return report | {
        "added": loaded.added, "changed": loaded.changed, "same": loaded.same,
        "new_customers": loaded.new_customers, "products": loaded.products,
        "events": loaded.events, "written_lines": loaded.lines,
    }  # fmt: skip
