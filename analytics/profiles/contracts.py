"""What the pages about customers show."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Row:
    """A customer in the list. Name and contact are masked already where they must be."""

    customer_id: int
    public_id: UUID
    city: str
    created_at: datetime
    orders: int
    revenue: int  # minor units, net of returns
    last_order_at: datetime | None
    preset: str
    is_reachable: bool
    name: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row]
    next_cursor: str
    total: int
    is_total_exact: bool


@dataclass(frozen=True, slots=True)
class Contact:
    contact_id: int
    kind: str
    shown: str
    status: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One fact of the timeline."""

    ts: datetime
    kind: str
    amount: int | None
    title: str = ""
    detail: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
