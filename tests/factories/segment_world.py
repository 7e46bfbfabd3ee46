"""A small base for rules: the same people as Python records and as rows of the database."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.events.models import CustomerStats, Event, Order
from analytics.features.models import RfmScore
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord, Suppression

CITIES = ["", "Москва", "Тверь", "О'Коннор"]
STAGES = ["", "retention", "winback"]
TAGS = ["vip", "опт", 'ка"вычки', "100%"]
ATTRIBUTES: list[dict[str, Any]] = [
    {}, {"grind": "fine"}, {"grind": "coarse", "visits": 3}, {"visits": "3"}, {"visits": 2.5},
    {"grind": None}, {"grind": True, "visits": 0},
]  # fmt: skip
KINDS = ["order", "open", "visit", "tasting"]
CATEGORIES = [None, "Кофе", "Чай", "O'Hara's"]


@dataclass
class Person:
    id: int
    status: str
    city: str
    stage: str
    attributes: dict[str, Any]
    tags: list[str]
    stats: dict[str, Any] | None = None
    rfm: tuple[int, int, int, str] | None = None
    orders: list[tuple[datetime, str, str, int]] = field(default_factory=list)
    events: list[tuple[datetime, str, str | None, int | None]] = field(default_factory=list)
    # kind, status, hmac and whether it is the primary one; in the order of their ids
    contacts: list[tuple[str, str, bytes, bool]] = field(default_factory=list)
    # channel, hmac, status, proof and whether the address was verified
    permissions: list[tuple[str, bytes, str, str, bool]] = field(default_factory=list)
    # purpose, status and end of each
    consents: list[tuple[str, str, datetime | None]] = field(default_factory=list)


@dataclass
class World:
    as_of: datetime
    people: list[Person]
    # hmac → until
    suppressed: dict[bytes, datetime | None]


def _moment(rng: random.Random, as_of: datetime) -> datetime:
    """Often exactly on a day's edge, where off-by-one errors live."""
    days = rng.choice([0, 1, 2, 5, 29, 30, 31, 60, 90, 180, 400])
    edge = rng.choice([timedelta(0), timedelta(microseconds=1), timedelta(hours=7)])
    return as_of - timedelta(days=days) - edge


def _stats(rng: random.Random, as_of: datetime) -> dict[str, Any]:
    orders = rng.choice([0, 0, 1, 1, 2, 3, 10])
    last, first = sorted([_moment(rng, as_of), _moment(rng, as_of)], reverse=True)
    return {
        "orders": orders,
        "revenue": rng.choice([0, 100, 5000, 100_000, -200]) * (orders or 1),
        "margin": rng.choice([0, 40, 2000, -100]),
        "returns": rng.choice([0, 0, 1]),
        "last_order_at": last if orders else None,
        "first_order_at": first if orders else None,
        "last_visit_at": rng.choice([None, _moment(rng, as_of)]),
        "last_sent_at": rng.choice([None, _moment(rng, as_of)]),
        "last_open_at": rng.choice([None, _moment(rng, as_of)]),
        "last_click_at": rng.choice([None, _moment(rng, as_of)]),
    }


def _contactable(rng: random.Random, person: Person, as_of: datetime) -> None:
    addresses = [bytes([person.id % 256, number]) * 4 for number in range(2)]
    for address in addresses[: rng.choice([0, 1, 1, 1, 2])]:
        kind = rng.choice(["email"] * 4 + ["phone"])
        status = rng.choice(["active"] * 3 + ["bounced"])
        person.contacts.append((kind, status, address, rng.random() < 0.5))
    for address in addresses:
        if rng.random() < 0.7:
            channel, status = (
                rng.choice(["EMAIL"] * 4 + ["SMS"]),
                rng.choice(["ACTIVE"] * 3 + ["REVOKED"]),
            )
            proof, verified = rng.choice(["DOI_EMAIL"] * 4 + ["NONE"]), rng.random() < 0.9
            person.permissions.append((channel, address, status, proof, verified))
    if rng.random() < 0.8:
        edge = rng.choice([None, None, as_of + timedelta(days=1), as_of - timedelta(days=1), as_of])
        person.consents.append((
            rng.choice(["PROMO_DIRECT"] * 4 + ["PROMO_PROFILING"]),
            rng.choice(["ACTIVE"] * 3 + ["WITHDRAWN"]), edge,
        ))  # fmt: skip


def make_world(as_of: datetime, *, size: int = 60, seed: int = 7) -> World:
    rng = random.Random(seed)
    people = []
    for number in range(1, size + 1):
        person = Person(
            number, rng.choice(["active"] * 9 + ["blocked"]), rng.choice(CITIES),
            rng.choice(STAGES), rng.choice(ATTRIBUTES),
            rng.sample(TAGS, rng.choice([0, 0, 1, 2])),
        )  # fmt: skip
        if rng.random() < 0.8:
            person.stats = _stats(rng, as_of)
        if rng.random() < 0.6:
            scores = tuple(rng.randint(1, 5) for _ in range(3))
            person.rfm = (*scores, rng.choice(["champions", "lost", "at_risk"]))
        for _ in range(rng.choice([0, 0, 1, 2, 4])):
            person.orders.append((
                _moment(rng, as_of), rng.choice(["sale", "sale", "return"]),
                rng.choice(["paid", "paid", "cancelled"]), rng.choice([0, 100, 5000, -300]),
            ))  # fmt: skip
        for _ in range(rng.choice([0, 1, 2, 5])):
            person.events.append((
                _moment(rng, as_of), rng.choice(KINDS), rng.choice(CATEGORIES),
                rng.choice([None, 100, 5000]),
            ))  # fmt: skip
        _contactable(rng, person, as_of)
        people.append(person)
    hmacs = [contact[2] for person in people for contact in person.contacts]
    untils = [None, as_of, as_of + timedelta(days=1)]
    suppressed = {hmac: rng.choice(untils) for hmac in rng.sample(hmacs, len(hmacs) // 4)}
    return World(as_of, people, suppressed)


def store_world(world: World) -> None:
    Customer.objects.bulk_create(
        Customer(id=p.id, status=p.status, city=p.city, lifecycle_stage=p.stage,
                 attributes=p.attributes, tags=p.tags)
        for p in world.people
    )  # fmt: skip
    CustomerStats.objects.bulk_create(
        CustomerStats(customer_id=p.id, **p.stats) for p in world.people if p.stats
    )
    RfmScore.objects.bulk_create(
        RfmScore(customer_id=p.id, recency=p.rfm[0], frequency=p.rfm[1], monetary=p.rfm[2],
                 preset=p.rfm[3])
        for p in world.people if p.rfm
    )  # fmt: skip
    Order.objects.bulk_create(
        Order(customer_id=p.id, external_id=f"{p.id}-{n}", ts=ts, kind=kind, status=status,
              revenue=revenue)
        for p in world.people for n, (ts, kind, status, revenue) in enumerate(p.orders)
    )  # fmt: skip
    Event.objects.bulk_create(
        Event(customer_id=p.id, ts=ts, kind=kind, category=category, amount=amount)
        for p in world.people for ts, kind, category, amount in p.events
    )  # fmt: skip
    ContactPoint.objects.bulk_create(
        ContactPoint(customer_id=p.id, kind=kind, status=status, address_hmac=hmac, sealed=b"x",
                     is_primary=is_primary)
        for p in world.people for kind, status, hmac, is_primary in p.contacts
    )  # fmt: skip
    AdPermission.objects.bulk_create(
        AdPermission(customer_id=p.id, channel=channel, address_hmac=hmac, status=status,
                     identity_proof=proof, given_at=world.as_of,
                     verified_at=world.as_of if verified else None)
        for p in world.people for channel, hmac, status, proof, verified in p.permissions
    )  # fmt: skip
    ConsentRecord.objects.bulk_create(
        ConsentRecord(customer_id=p.id, purpose=purpose, status=status, expires_at=expires_at,
                      given_at=world.as_of, source="test")
        for p in world.people for purpose, status, expires_at in p.consents
    )  # fmt: skip
    Suppression.objects.bulk_create(
        Suppression(channel="EMAIL", address_hmac=hmac, reason="unsubscribe", since=world.as_of,
                    until=until)
        for hmac, until in world.suppressed.items()
    )  # fmt: skip
