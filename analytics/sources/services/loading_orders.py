"""An order file into the stage and from there into the tables."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, override

from analytics.events import services as events
from analytics.sources.contracts import DEFAULT_SOURCE, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.inspecting import chunks
from analytics.sources.reading.order_rows import LINE_COLUMNS, Blocks, OrderRows, OrderRules
from analytics.sources.reading.rejects import Rejects
from analytics.sources.services.pulse import Pulse
from analytics.sources.services.refusals import no_rows
from cvm_platform.common import clock
from cvm_platform.common.schema import connection

CHUNK = 20_000  # rows, where the file is read row by row
_COPY = {
    "lines": LINE_COLUMNS, "products": events.PRODUCT_COLUMNS,
    "people": events.PEOPLE_COLUMNS,
}  # fmt: skip
_TABLE = {"lines": events.LINES, "products": events.PRODUCTS, "people": events.PEOPLE}


def send_blocks(blocks: Blocks) -> None:
    """COPY of one chunk into the stage."""
    for name, table in _TABLE.items():
        data: bytes = getattr(blocks, name)
        if data:
            columns = ", ".join(_COPY[name])
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copy,
            ):
                copy.write(data)


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
    events.create_stage()
    pieces = chunks(handle, layout, CHUNK)

    language = get_language()

    def understand_next() -> tuple[Blocks, int] | None:
        with override(language):  # a thread of its own would speak the default one
            chunk = next(pieces, None)
            if chunk is None:
                return None
            fresh = chunk.from_row(2)  # the header is row 1
            return rows.take(fresh), fresh.first + len(fresh) - 2

    # the next piece is read and understood while the database takes in this one
    with ThreadPoolExecutor(1, "import-reader") as reader:
        ahead = reader.submit(understand_next)
        while piece := ahead.result():
            ahead = reader.submit(understand_next)
            send_blocks(piece[0])
            pulse.rows, pulse.rejected, pulse.bytes = piece[1], len(rejects), handle.tell()
            pulse.check()
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
        "damaged_orders": events.count_staged_orders(seen.damaged_orders),
        "revenue": totals.revenue,
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
