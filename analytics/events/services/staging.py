"""Where orders wait before they are loaded: temporary tables of one transaction.

A file is copied here line by line, then everything else happens inside the database: nothing
grows with the file in Python, lines of one order may lie anywhere in it, and a load that ends
early leaves nothing behind.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cvm_platform.common import bulk

LINES = "stage_line"
PRODUCTS = "stage_product"
PEOPLE = "stage_person"
ORDERS = "stage_order"
LINE_COLUMNS = (
    "row_no", "number", "ext", "ts", "customer", "customer_id", "product", "quantity", "price",
    "amount", "discount", "cost", "is_return", "status",
)  # fmt: skip
PRODUCT_COLUMNS = ("row_no", "external_id", "name", "category", "cost")
PEOPLE_COLUMNS = ("external_id", "city", "country", "first_row")

_TABLES = (
    (
        f"CREATE TEMP TABLE {LINES} (row_no bigint, number int, ext text, ts timestamptz,"
        " customer text, customer_id bigint, product text, quantity int, price bigint,"
        " amount bigint, discount bigint, cost bigint, is_return boolean,"
        " status text DEFAULT 'paid')"
        " ON COMMIT DROP"
    ),
    # `cost` here is of one piece
    (
        f"CREATE TEMP TABLE {PRODUCTS} (row_no bigint, external_id text, name text, category text,"
        " cost bigint) ON COMMIT DROP"
    ),
    (
        f"CREATE TEMP TABLE {PEOPLE} (external_id text, city text, country text, first_row bigint)"
        " ON COMMIT DROP"
    ),
)

# A return holds only what was given back, or is called one. Order lines that came in one run are
# numbered already; `is_scattered` tells those that were not.
_ORDERS = f"""
CREATE TEMP TABLE {ORDERS} ON COMMIT DROP AS
SELECT ext, min(ts) AS ts, min(row_no) AS first_row, min(customer) AS customer,
    min(customer_id) AS customer_id, min(customer) <> max(customer) AS is_disputed,
    coalesce(bool_or(is_return), sum(amount) < 0 AND max(quantity) < 0) AS is_return,
    max(status) AS status, count(*) <> max(number) AS is_scattered, count(*)::int AS lines,
    sum(amount) AS amount, sum(abs(amount)) AS size, sum(quantity) AS items,
    sum(abs(quantity)) AS pieces, sum(discount) AS discount,
    CASE WHEN count(cost) = count(*) THEN sum(cost) END AS cost,
    count(*) FILTER (WHERE quantity < 0) AS negative,
    count(*) FILTER (WHERE customer IS NULL AND customer_id IS NULL) AS of_nobody
FROM {LINES} GROUP BY ext
"""


@dataclass(frozen=True, slots=True)
class StagedTotals:
    """What lies in the stage, before anything is written."""

    lines: int
    orders: int
    returns: int
    customers: int
    lines_without_customer: int
    negative_lines: int
    disputed: int  # orders with several customers; the first in order of ids is taken
    revenue: int
    first_at: datetime | None
    last_at: datetime | None
    known_orders: int
    known_customers: int


def create_stage() -> None:
    """Empty tables of this transaction; COPY into them by the column names above."""
    for name in (LINES, PRODUCTS, PEOPLE, ORDERS):
        bulk.run(f"DROP TABLE IF EXISTS pg_temp.{name}")
    for statement in _TABLES:
        bulk.run(statement)


def gather_orders() -> None:
    """Groups the lines into orders; numbers those that were scattered; drops doubled people."""
    bulk.run(f"ANALYZE {LINES}")
    bulk.run(_ORDERS)
    bulk.run(
        f"UPDATE {LINES} l SET number = n.number FROM (SELECT row_no, ext, row_number() OVER "
        f"(PARTITION BY ext ORDER BY row_no) AS number FROM {LINES} WHERE ext IN "
        f"(SELECT ext FROM {ORDERS} WHERE is_scattered)) n "
        "WHERE n.row_no = l.row_no AND n.ext = l.ext"
        if bulk.fetch(f"SELECT 1 FROM {ORDERS} WHERE is_scattered LIMIT 1")
        else "SELECT 1"
    )
    bulk.run(f"CREATE UNIQUE INDEX ON {ORDERS} (ext)")
    bulk.run(f"ANALYZE {ORDERS}")


def count_staged_orders(names: Collection[str]) -> int:
    """How many of the order numbers are in the stage."""
    found = bulk.fetch(f"SELECT count(*) FROM {ORDERS} WHERE ext = ANY(%s)", [list(names)])
    return int(found[0][0])


def staged_totals(source: str) -> StagedTotals:
    """Counts of a stage that was gathered; `source` tells whose ids they are."""
    sums = bulk.fetch(
        "SELECT coalesce(sum(lines), 0), coalesce(sum(of_nobody), 0), coalesce(sum(negative), 0),"
        f" coalesce(sum(amount), 0), min(ts), (SELECT max(ts) FROM {LINES}) FROM {ORDERS}"
    )[0]
    orders = bulk.fetch(
        "SELECT count(*), count(*) FILTER (WHERE is_return), count(DISTINCT customer),"
        " count(*) FILTER (WHERE is_disputed), count(o.id) "
        f"FROM {ORDERS} s LEFT JOIN events_order o ON o.source = %s AND o.external_id = s.ext",
        [source],
    )[0]
    known = bulk.fetch(
        f"SELECT count(*) FROM (SELECT DISTINCT customer FROM {ORDERS}) c "
        "JOIN customers_identity i ON i.kind = 'external' AND i.namespace = %s"
        " AND i.key = c.customer",
        [source],
    )[0]
    return StagedTotals(
        lines=int(sums[0]), orders=orders[0], returns=orders[1], customers=orders[2],
        lines_without_customer=int(sums[1]), negative_lines=int(sums[2]), disputed=orders[3],
        revenue=int(sums[3]), first_at=sums[4], last_at=sums[5], known_orders=orders[4],
        known_customers=known[0],
    )  # fmt: skip
