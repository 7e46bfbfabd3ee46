"""Shapes that enter and leave this app."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as another system knows it. Empty text means "not said", never "erase".

    `external_id` is the customer's id in the source system; where it is empty, the e-mail or
    the phone says who it is. Address and phone may come in any form, they are normalised here.
    """

    external_id: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    middle_name: str = ""
    city: str = ""
    timezone: str = ""  # IANA name
    language: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)  # safe ones only


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not taken: its index in what was handed in, a stable code and words."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class UpsertReport:
    """`customer_ids[i]` belongs to `rows[i]`, None where the row was refused."""

    customer_ids: list[int | None]
    created: int
    changed: int
    problems: list[RowProblem]
