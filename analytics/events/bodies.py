"""What integrators send: events and orders, in batches. Money is in minor units."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import Meta

from cvm_platform.common.errors import InvalidInput

MOST_EVENTS = 10_000
MOST_ORDERS = 2_000

Text = Annotated[str, Meta(max_length=200)]
NAME_PATTERN = "^[a-z][a-z0-9_]*$"
_NAME = re.compile(NAME_PATTERN)
# Checked by `check_names`: a batch has few names, and matching each again is half of the decoding.
Name = Annotated[
    str, Meta(min_length=1, max_length=40, extra_json_schema={"pattern": NAME_PATTERN})
]
Moment = Annotated[datetime, Meta(tz=True)]
# beyond this no sum is money, and 64 bits would end
Sum = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Count = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class Who(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A customer by one of these; `id` is our public id, `external_id` the sender's own."""

    id: Annotated[str, Meta(max_length=36)] = ""
    external_id: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""


class EventBody(msgspec.Struct, forbid_unknown_fields=True, gc=False):
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


def check_names(events: Sequence[EventBody]) -> None:
    """Refuses a batch with a name that is no identifier.

    Raises:
        InvalidInput: names the first such event.
    """
    wrong = {name for name in {event.name for event in events} if not _NAME.fullmatch(name)}
    if wrong:
        place = next(number for number, event in enumerate(events) if event.name in wrong)
        raise InvalidInput(
            _("The request has invalid fields."),
            fields={f"events/{place}/name": f"Expected `str` matching regex '{NAME_PATTERN}'"},
        )


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
