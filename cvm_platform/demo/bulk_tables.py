"""Columns of the final tables from the columns of the simulated shop. Ids are its numbers."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from cvm_platform.common.bulk import text_array
from cvm_platform.demo.coffee import KIND_NAMES, CoffeeShop, Orders
from cvm_platform.demo.coffee.public_ids import CONSENTS, CUSTOMERS, EVENTS, ORDERS, public_ids
from cvm_platform.demo.coffee.streams import Bools, Columns, Ints, Texts, select
from cvm_platform.demo.consents import Backing
from cvm_platform.demo.copying import Column, constant, moments, nullable

SOURCE = "coffee-shop"
_EPOCH = date(1970, 1, 1)
_BANDS = ("", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_BAND_FROM = (18, 25, 35, 45, 55, 65)
Tables = Iterator[tuple[str, Mapping[str, Column]]]


def products(shop: CoffeeShop) -> Tables:
    names = shop.catalog.category_names
    numbers = np.arange(1, len(names) + 1)
    yield (
        "events_category",
        {"id": numbers, "external_id": np.array(names), "name": np.array(names)},
    )
    goods = shop.products()
    count = len(goods["product_no"])
    yield (
        "events_product",
        {
            "id": goods["product_no"],
            "external_id": goods["product_no"],
            "name": goods["name"],
            "brand": constant("", count),
            "price": goods["price"],
            "cost": goods["cost"],
            "category_id": shop.catalog.category + 1,
        },
    )


def people(columns: Columns, *, seed: int) -> Tables:
    ids, count = columns["customer_no"], len(columns["customer_no"])
    joined, empty = moments(columns["joined_at"]), constant("", count)
    yield "customers_person", {"id": ids, "created_at": joined}
    yield (
        "customers_customer",
        {
            "id": ids,
            "public_id": public_ids(ids, columns["joined_at"], seed=seed, kind=CUSTOMERS),
            "status": constant("active", count),
            "lifecycle_stage": empty,
            "timezone": columns["time_zone"],
            "language": constant("ru", count),
            "city": columns["city"],
            "age_band": _age_bands(columns),
            "birth_month_day": _month_days(columns),
            "attributes": _attributes(columns),
            "tags": constant("{}", count),
            "source": constant(SOURCE, count),
            "created_at": joined,
            "updated_at": joined,
        },
    )
    yield (
        "customers_identity",
        {
            "person_id": ids,
            "kind": constant("external", count),
            "namespace": constant(SOURCE, count),
            "key": ids,
            "is_verified": constant(value=False, rows=count),
        },
    )


def consents(
    columns: Columns, hmacs: Mapping[str, bytes], backing: Backing, *, seed: int
) -> Tables:
    """`hmacs` by address; an address that is not there gets the hash of nobody's."""
    which = (columns["channel"] == "EMAIL") + 2 * (columns["channel"] == "SMS")
    number = columns["customer_no"] * 4 + which
    rows = dict(columns)
    rows["public_id"] = np.array(public_ids(number, columns["given_at"], seed=seed, kind=CONSENTS))
    yield _processing(select(rows, rows["document"] == "PD_CONSENT"), backing)
    yield _permissions(select(rows, rows["document"] == "AD_PERMISSION"), hmacs, backing)


def _processing(found: Columns, backing: Backing) -> tuple[str, Mapping[str, Column]]:
    count = len(found["customer_no"])
    return (
        "privacy_consentrecord",
        {
            "public_id": found["public_id"],
            "customer_id": found["customer_no"],
            "purpose": found["purpose"],
            "status": found["status"],
            "given_at": moments(found["given_at"]),
            "source": constant("demo", count),
            "details": constant('{"method": "AUTH_SESSION"}', count),
            "text_id": constant(str(backing.pd_text_id), count),
            "evidence_id": constant(str(backing.evidence_id), count),
        },
    )


def _permissions(
    found: Columns, hmacs: Mapping[str, bytes], backing: Backing
) -> tuple[str, Mapping[str, Column]]:
    count = len(found["customer_no"])
    hashes = [hmacs.get(text) or _nobodys(text) for text in found["address"].tolist()]
    revoked = found["status"] == "REVOKED"
    return (
        "privacy_adpermission",
        {
            "public_id": found["public_id"],
            "customer_id": found["customer_no"],
            "channel": found["channel"],
            "address_hmac": [f"\\x{digest.hex()}" for digest in hashes],
            "status": found["status"],
            "identity_proof": found["proof"],
            "verified_at": moments(found["given_at"]),
            "given_at": moments(found["given_at"]),
            "revoked_at": moments(found["ended_at"]),
            "revoke_source": np.where(revoked, "demo", ""),
            "details": constant("{}", count),
            "brands": constant(text_array(backing.brands), count),
            "text_id": constant(str(backing.ad_text_id), count),
            "evidence_id": constant(str(backing.evidence_id), count),
        },
    )


def orders(found: Orders, shop: CoffeeShop) -> Tables:
    heads, lines = found.orders, found.lines
    count = len(found)
    yield (
        "events_order",
        {
            "id": heads["order_no"],
            "public_id": _order_ids(heads, shop),
            "source": constant(SOURCE, count),
            "external_id": heads["order_no"],
            "customer_id": nullable(heads["customer_no"]),
            "ts": moments(heads["at"]),
            "kind": np.where(heads["return_of"] > 0, "return", "sale"),
            "status": constant("paid", count),
            "revenue": heads["revenue"],
            "discount": heads["discount"],
            "cost": heads["cost"],
            "margin": heads["revenue"] - heads["cost"],
            "is_margin_assumed": constant(value=False, rows=count),
            "items": heads["items"],
        },
    )
    yield (
        "events_orderline",
        {
            "order_id": lines["order_no"],
            "number": lines["number"],
            "product_id": lines["product_no"],
            "quantity": lines["quantity"],
            "price": lines["price"],
            "discount": lines["discount"],
            "amount": lines["amount"],
            "cost": lines["cost"],
        },
    )


def order_events(found: Orders, shop: CoffeeShop) -> Tables:
    """An order of a customer is an event too, under the order's public id."""
    known: Bools = found.orders["customer_no"] > 0
    mine = found.keep(known)
    heads, count = mine.orders, len(mine)
    names = np.array(shop.catalog.category_names)
    yield (
        "events_event",
        {
            "customer_id": heads["customer_no"],
            "ts": moments(heads["at"]),
            "event_id": _order_ids(heads, shop),
            "kind": np.where(heads["return_of"] > 0, "return", "order"),
            "subject_id": heads["order_no"],
            "category": names[_main_categories(mine, shop)],
            "amount": heads["revenue"],
            "properties": constant("{}", count),
            "source": constant(SOURCE, count),
        },
    )


def events(columns: Columns, shop: CoffeeShop) -> Tables:
    count = len(columns["at"])
    numbers, products_of = columns["event_no"], columns["product_no"]
    names = np.array(["", *(shop.catalog.category_names[k] for k in shop.catalog.category)])
    category = names[products_of]
    mailing = columns["mailing_no"]
    properties = np.array(["{}", *(f'{{"mailing": {n}}}' for n in range(1, mailing.max() + 1))])
    yield (
        "events_event",
        {
            "customer_id": columns["customer_no"],
            "ts": moments(columns["at"]),
            "event_id": public_ids(numbers, columns["at"], seed=shop.seed, kind=EVENTS),
            "kind": np.array(KIND_NAMES)[columns["kind"]],
            "subject_id": nullable(products_of),
            "category": pa.array(category, mask=products_of == 0),
            "properties": properties[mailing],
            "source": constant(SOURCE, count),
        },
    )


def _order_ids(heads: Columns, shop: CoffeeShop) -> list[str]:
    return public_ids(heads["order_no"], heads["at"], seed=shop.seed, kind=ORDERS)


def _main_categories(found: Orders, shop: CoffeeShop) -> Ints:
    """The category that most of an order's money went to."""
    width = len(shop.catalog.category_names)
    order = np.repeat(np.arange(len(found)), found.orders["lines"])
    category = shop.catalog.category[found.lines["product_no"] - 1]
    sums = np.bincount(
        order * width + category,
        weights=np.abs(found.lines["amount"]).astype(np.float64),
        minlength=len(found) * width,
    )
    main: Ints = sums.reshape(len(found), width).argmax(axis=1).astype(np.int64)
    return main


def _nobodys(address: str) -> bytes:
    return hashlib.sha256(f"nobody:{address}".encode()).digest()


def _attributes(columns: Columns) -> list[str]:
    fields = ("gender", "acquisition", "is_member")
    return [
        f'{{"gender": "{gender}", "acquisition": "{origin}", '
        f'"is_member": {"true" if is_member else "false"}}}'
        for gender, origin, is_member in zip(*(columns[f].tolist() for f in fields), strict=True)
    ]


def _age_bands(columns: Columns) -> Texts:
    """Ages at the end of the generator's time; nothing where the birthday is unknown."""
    newest = int(columns["joined_at"].max()) // 86_400
    years = (newest - columns["birth_day"]) // 365
    band = np.searchsorted(_BAND_FROM, years, side="right")
    return np.where(columns["has_birth_day"], np.array(_BANDS)[band], "")


def _month_days(columns: Columns) -> pa.Array:
    days = [_EPOCH + timedelta(days=day) for day in columns["birth_day"].tolist()]
    numbers = np.array([day.month * 100 + day.day for day in days])
    return pa.array(numbers, mask=~columns["has_birth_day"])
