"""The real shop: UCI Online Retail, written back as the text file that its owner would upload.

Nothing is altered but the dates, which move by whole weeks so that weekdays stay what they were.
The prices are pounds and there is no cost price: whoever shows money from this file must say so.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cvm_platform.demo.retail_pack import COLUMNS

PARQUET = Path(__file__).parent / "data" / "online_retail.parquet"
ROWS = 541_909
FIRST_DAY = date(2010, 12, 1)
LAST_DAY = date(2011, 12, 9)
CURRENCY = "GBP"
TIME_ZONE = "Europe/London"
# A broadcast is judged over 28 days; one more week shows that the window had really closed.
OUTCOME_DAYS = 35
_BATCH_ROWS = 32_768


@dataclass(frozen=True)
class RetailFile:
    """A CSV file that was written; times are the shop's own clock, None when it has no rows."""

    path: Path
    rows: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class RetailSplit:
    """`history` holds the rows before `cut`, `outcome` the rows from `cut` on."""

    history: RetailFile
    outcome: RetailFile
    cut: datetime
    shift: timedelta


def shift_for(today: date) -> timedelta:
    """Whole weeks that bring the last day of the history into the seven days before `today`."""
    return timedelta(weeks=((today - LAST_DAY).days - 1) // 7)


def default_cut(today: date) -> datetime:
    """Midnight (shop clock) that leaves OUTCOME_DAYS of history for the outcome file."""
    last_day = LAST_DAY + shift_for(today)
    return datetime.combine(last_day - timedelta(days=OUTCOME_DAYS - 1), time.min)


def split_retail(
    *, history: Path, outcome: Path, today: date, cut: datetime | None = None
) -> RetailSplit:
    """Write the two CSV files of the demo. The rows of both add up to ROWS, in the old order."""
    shift = shift_for(today)
    moment = default_cut(today) if cut is None else cut
    return RetailSplit(
        history=write_retail_csv(history, shift=shift, until=moment),
        outcome=write_retail_csv(outcome, shift=shift, since=moment),
        cut=moment,
        shift=shift,
    )


def write_retail_csv(
    path: Path,
    *,
    shift: timedelta = timedelta(0),
    since: datetime | None = None,
    until: datetime | None = None,
) -> RetailFile:
    """Write rows with since <= InvoiceDate < until (both after the shift) as CSV, UTF-8.

    With no shift and no bounds the file equals the source byte for byte. Memory does not grow
    with the rows: one record batch is held at a time.
    """
    rows, first, last = 0, None, None
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for batch in retail_batches(shift=shift, since=since, until=until):
            dates = batch.column("InvoiceDate")
            writer.writerows(_text_rows(batch))
            rows += batch.num_rows
            first = first or dates[0].as_py()
            last = dates[-1].as_py()
    return RetailFile(path=path, rows=rows, first_at=first, last_at=last)


def retail_batches(
    *,
    shift: timedelta = timedelta(0),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """Record batches of the packed file, dates shifted, bounds applied, never an empty one."""
    file = pq.ParquetFile(PARQUET)
    offset = pa.scalar(shift, pa.duration("s"))
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
        # Parquet knows no seconds: the file holds milliseconds
        shifted = pc.add(batch.column("InvoiceDate"), offset).cast(pa.timestamp("s"))
        moved = batch.set_column(
            batch.schema.get_field_index("InvoiceDate"), "InvoiceDate", shifted
        )
        if since is not None:
            moved = moved.filter(pc.greater_equal(moved.column("InvoiceDate"), pa.scalar(since)))
        if until is not None:
            moved = moved.filter(pc.less(moved.column("InvoiceDate"), pa.scalar(until)))
        if moved.num_rows:
            yield moved


def _text_rows(batch: pa.RecordBatch) -> Iterator[tuple[object, ...]]:
    prices = (thousandths / 1000 for thousandths in batch.column("UnitPrice").to_pylist())
    dates = pc.strftime(batch.column("InvoiceDate"), format="%Y-%m-%d %H:%M:%S").to_pylist()
    return zip(
        batch.column("InvoiceNo").to_pylist(),
        batch.column("StockCode").to_pylist(),
        batch.column("Description").to_pylist(),
        batch.column("Quantity").to_pylist(),
        dates,
        prices,
        batch.column("CustomerID").to_pylist(),
        batch.column("Country").to_pylist(),
        strict=True,
    )
