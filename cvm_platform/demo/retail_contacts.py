"""Invented contacts and consents for the customers of the real shop, as CSV for our own import."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from cvm_platform.demo.names import ENGLISH_FIRST, ENGLISH_LAST, addresses
from cvm_platform.demo.retail import TIME_ZONE, retail_batches

CONTACT_COLUMNS = (
    "CustomerID",
    "FirstName",
    "LastName",
    "Email",
    "Country",
    "TimeZone",
    "RegisteredAt",
)
CONSENT_COLUMNS = (
    "CustomerID",
    "Document",
    "Purpose",
    "Channel",
    "Address",
    "Status",
    "GivenAt",
    "RevokedAt",
    "Method",
)
# Shares of all customers; the rest has no address
ALLOWED, REVOKED, PROCESSING_ONLY = 0.85, 0.06, 0.04
_ZONES = {
    "Germany": "Europe/Berlin",
    "France": "Europe/Paris",
    "EIRE": "Europe/Dublin",
    "Spain": "Europe/Madrid",
    "Netherlands": "Europe/Amsterdam",
    "Belgium": "Europe/Brussels",
    "Switzerland": "Europe/Zurich",
    "Portugal": "Europe/Lisbon",
    "Australia": "Australia/Sydney",
    "Norway": "Europe/Oslo",
    "Italy": "Europe/Rome",
    "Finland": "Europe/Helsinki",
    "Sweden": "Europe/Stockholm",
    "Austria": "Europe/Vienna",
    "Denmark": "Europe/Copenhagen",
    "Japan": "Asia/Tokyo",
    "Poland": "Europe/Warsaw",
}
_SECONDS_A_DAY = 86_400
_STAYS, _LEFT, _PROCESSING, _NO_ADDRESS = range(4)


@dataclass(frozen=True)
class Buyer:
    """A customer number of the shop with the first order seen (shop clock)."""

    number: int
    country: str
    first_at: datetime


@dataclass(frozen=True)
class _Contact:
    buyer: Buyer
    first_name: str
    last_name: str
    address: str
    state: int
    left_at: datetime


@dataclass(frozen=True)
class ContactFiles:
    """What was written: rows of both files and how many customers stand in each state."""

    contacts: int
    consents: int
    allowed: int
    revoked: int
    processing_only: int
    unreachable: int


def buyers(*, shift: timedelta, until: datetime | None = None) -> list[Buyer]:
    """Customers with a row before `until`, by number; the country is that of their first row."""
    found: dict[int, Buyer] = {}
    for batch in retail_batches(shift=shift, until=until):
        rows = zip(
            batch.column("CustomerID").to_pylist(),
            batch.column("Country").to_pylist(),
            batch.column("InvoiceDate").to_pylist(),
            strict=True,
        )
        for number, country, at in rows:
            if number is not None and number not in found:
                found[number] = Buyer(number, country, at)
    return [found[number] for number in sorted(found)]


def write_contacts(
    people: list[Buyer], *, contacts: Path, consents: Path, until: datetime, seed: int = 1
) -> ContactFiles:
    """Write both files for `people`; nothing in them lies at or after `until` (shop clock).

    A revocation needs time to have happened: who registered in the last day has none and counts
    as allowed.
    """
    states = [0, 0, 0, 0]
    consent_rows = 0
    with (
        contacts.open("w", encoding="utf-8", newline="") as contact_handle,
        consents.open("w", encoding="utf-8", newline="") as consent_handle,
    ):
        contact_writer = csv.writer(contact_handle, lineterminator="\n")
        consent_writer = csv.writer(consent_handle, lineterminator="\n")
        contact_writer.writerow(CONTACT_COLUMNS)
        consent_writer.writerow(CONSENT_COLUMNS)
        for contact in _invented(people, until=until, seed=seed):
            person = contact.buyer
            contact_writer.writerow(
                (
                    person.number,
                    contact.first_name,
                    contact.last_name,
                    contact.address,
                    person.country,
                    _ZONES.get(person.country, TIME_ZONE),
                    person.first_at,
                )
            )
            documents = _consents(contact)
            consent_writer.writerows(documents)
            consent_rows += len(documents)
            states[contact.state] += 1
    return ContactFiles(len(people), consent_rows, *states)


def _invented(people: list[Buyer], *, until: datetime, seed: int) -> Iterator[_Contact]:
    rng = np.random.Generator(np.random.PCG64(seed))
    count = len(people)
    first = rng.integers(len(ENGLISH_FIRST), size=count)
    last = rng.integers(len(ENGLISH_LAST), size=count)
    shares = np.cumsum([ALLOWED, REVOKED, PROCESSING_ONLY])
    states = np.searchsorted(shares, rng.random(count), side="right")
    patience = rng.random(count)
    mail = addresses(
        np.char.lower(np.array(ENGLISH_FIRST))[first],
        np.char.lower(np.array(ENGLISH_LAST))[last],
        np.array([person.number for person in people], dtype=np.int64),
    )
    for index, person in enumerate(people):
        age = int((until - person.first_at).total_seconds())
        state = int(states[index])
        if state == _LEFT and age < _SECONDS_A_DAY:
            state = _STAYS
        yield _Contact(
            buyer=person,
            first_name=ENGLISH_FIRST[first[index]],
            last_name=ENGLISH_LAST[last[index]],
            address="" if state == _NO_ADDRESS else str(mail[index]),
            state=state,
            left_at=person.first_at + timedelta(seconds=int(age * float(patience[index]))),
        )


def _consents(contact: _Contact) -> list[tuple[object, ...]]:
    """Two documents per law: consent to processing, permission for advertising to one address."""
    if contact.state == _NO_ADDRESS:
        return []
    who, given, how = contact.buyer.number, contact.buyer.first_at, "AUTH_SESSION"
    processing = (who, "PD_CONSENT", "PROMO_DIRECT", "", "", "ACTIVE", given, "", how)
    if contact.state == _PROCESSING:
        return [processing]
    status, gone = ("REVOKED", contact.left_at) if contact.state == _LEFT else ("ACTIVE", "")
    return [
        processing,
        (who, "AD_PERMISSION", "", "EMAIL", contact.address, status, given, gone, how),
    ]
