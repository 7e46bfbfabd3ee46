"""Shapes of events and orders on their way in. Money is in minor units, times are aware UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec

ORDER_KINDS: Final = ("order", "return")
# What is done to a customer, not by one: no activity of the customer's own.
NOT_OWN_KINDS: Final = ("sent", "delivered", "bounce", "exposed")
# Bit n of the month masks is the n-th month from here; 63 months fit, earlier ones have no bit.
FIRST_MONTH: Final = date(2023, 1, 1)
MONTH_BITS: Final = 63


def month_bit(day: date) -> int:
    """The mask of one month, 0 outside of what a mask can hold."""
    offset = (day.year - FIRST_MONTH.year) * 12 + day.month - FIRST_MONTH.month
    return 1 << offset if 0 <= offset < MONTH_BITS else 0


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """Something a customer did, or that was done to one. A struct: made a thousand at a time.

    `key` makes a repetition harmless: the second event of a source with the same key is dropped,
    whatever its time. Orders and returns come through `record_orders`.
    """

    customer_id: int
    ts: datetime
    kind: str
    subject_id: int | None = None
    category: str | None = None
    amount: int | None = None
    properties: Mapping[str, Any] = {}
    key: str = ""


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line of an order; negative quantity: given back.

    `amount` is what was paid for the line; None means quantity x price. `cost` is of the whole
    line; None: unknown, the product's cost is tried.
    """

    product: str = ""
    quantity: int = 1
    price: int = 0
    amount: int | None = None
    discount: int = 0
    cost: int | None = None
    name: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as the source has it now; one known already is replaced when anything differs.

    Who bought is told by `customer_id`, or by the source's own `customer` id, or not at all: such
    an order counts in totals and belongs to nobody.
    """

    external_id: str
    ts: datetime
    lines: Sequence[NewLine]
    customer_id: int | None = None
    customer: str = ""
    is_return: bool | None = None  # None: a return when all it holds is given back
    status: str = "paid"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of what came in. `rejected` counts by reason; the rows are in quarantine."""

    received: int
    added: int
    repeated: int = 0
    changed: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    customers: int = 0  # touched
    new_customers: int = 0
