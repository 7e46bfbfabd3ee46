"""What integrators send: events and orders, in batches. Money is in minor units."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MOST_EVENTS = 10_000
MOST_ORDERS = 2_000

Text = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z][a-z0-9_]*$")]
Moment = Annotated[datetime, Meta(tz=True)]
# beyond this no sum is money, and 64 bits would end
Sum = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Count = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class Who(msgspec.Struct, forbid_unknown_fields=True):
    """A customer by one of these; `id` is our public id, `external_id` the sender's own."""

    id: Annotated[str, Meta(max_length=36)] = ""
    external_id: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""


class EventBody(msgspec.Struct, forbid_unknown_fields=True):
    customer: Who
    name: Name
    ts: Moment
    # the same key again changes nothing, whatever its time
    key: Text = ""
    category: Annotated[str, Meta(max_length=100)] | None = None
    amount: Sum | None = None
    properties: dict[str, Any] = {}


class EventsBody(msgspec.Struct, forbid_unknown_fields=True):
    events: Annotated[list[EventBody], Meta(min_length=1, max_length=MOST_EVENTS)]
    source: Annotated[str, Meta(min_length=1, max_length=40)] = "api"


class LineBody(msgspec.Struct, forbid_unknown_fields=True):
    product: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Count
    price: Sum
    discount: Sum = 0
    cost: Sum | None = None
    name: Annotated[str, Meta(max_length=300)] = ""
    category: Annotated[str, Meta(max_length=100)] = ""


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    external_id: Annotated[str, Meta(min_length=1, max_length=100)]
    ts: Moment
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=1000)]
    customer: Who | None = None
    is_return: bool | None = None
    is_cancelled: bool = False


class OrdersBody(msgspec.Struct, forbid_unknown_fields=True):
    orders: Annotated[list[OrderBody], Meta(min_length=1, max_length=MOST_ORDERS)]
    source: Annotated[str, Meta(min_length=1, max_length=40)] = "api"
