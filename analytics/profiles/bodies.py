"""Customers as integrators send them, with the consents they gave."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

MOST_CUSTOMERS = 2_000
Short = Annotated[str, Meta(max_length=100)]
Moment = Annotated[datetime, Meta(tz=True)]


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True):
    """A consent to processing (`purpose`) or a permission to advertise (`channel`)."""

    document: Literal["PD_CONSENT", "AD_PERMISSION"]
    given_at: Moment
    purpose: Literal["", "PROMO_DIRECT", "PROMO_PROFILING"] = ""
    channel: Literal["", "EMAIL", "SMS"] = ""
    withdrawn_at: Moment | None = None
    # how the will was checked: DOI_EMAIL, OTP_SMS, AUTH_SESSION, …; NONE is never sendable
    method: Annotated[str, Meta(max_length=20)] = "NONE"
    # the published text that was agreed to (its id on the texts' page), and what proves it:
    # form_url, ip, user_agent, session, message id of the code; without both it permits nothing
    text: UUID | None = None
    evidence: dict[str, Any] = {}


class CustomerBody(msgspec.Struct, forbid_unknown_fields=True):
    """Empty text means "not said", never "erase"."""

    external_id: Short = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""
    first_name: Short = ""
    last_name: Short = ""
    middle_name: Short = ""
    city: Short = ""
    timezone: Annotated[str, Meta(max_length=50)] = ""
    language: Annotated[str, Meta(max_length=5)] = ""
    attributes: dict[str, Any] = {}
    consents: Annotated[list[ConsentBody], Meta(max_length=20)] = []


class CustomersBody(msgspec.Struct, forbid_unknown_fields=True):
    customers: Annotated[list[CustomerBody], Meta(min_length=1, max_length=MOST_CUSTOMERS)]
    source: Annotated[str, Meta(min_length=1, max_length=40)] = "api"
