"""The simulated shop handed to the product's own services, block by block."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from django.db import transaction

from analytics.events.contracts import NewEvent
from analytics.events.models import Product
from analytics.events.services import (
    LoadedOrders,
    create_stage,
    load_staged_orders,
    record_events,
    staging,
)
from cvm_platform.demo.coffee import KIND_NAMES, CoffeeShop, Orders
from cvm_platform.demo.coffee.streams import Columns, Ints, select
from cvm_platform.demo.consents import ensure_declaration
from cvm_platform.demo.copying import constant, copy_columns, moments, nullable
from tenants.customers.contracts import CustomerRow
from tenants.customers.sealing import Vault
from tenants.customers.services import upsert_customers
from tenants.privacy.contracts import ConsentRow
from tenants.privacy.services import Prover, record_consents
from tenants.tenancy.models import Tenant

SOURCE = "coffee-shop"


class CoffeeFeed:
    """Loads into the tenant entered by the caller; `ids[n]` is the product's id of customer n."""

    def __init__(self, shop: CoffeeShop, tenant: Tenant) -> None:
        self.shop = shop
        self.vault = Vault(tenant)
        ensure_declaration(tenant, "demo")
        self.ids: Ints = np.zeros(shop.customers + 1, dtype=np.int64)

    @cached_property
    def _prover(self) -> Prover:
        return Prover("demo")

    def customers(self, *, newcomers: bool = False) -> int:
        """Those known when the campaign starts, or those who came after it.

        Raises:
            RuntimeError: the product refused a row.
        """
        loaded = 0
        for people in self.shop.customer_chunks(newcomers=newcomers):
            report = upsert_customers(rows=_customer_rows(people), source=SOURCE)
            if report.problems:
                raise RuntimeError(f"refused: {report.problems[0]}")
            self.ids[people["customer_no"]] = [found or 0 for found in report.customer_ids]
            loaded += len(report.customer_ids)
        return loaded

    def consents(self, *, newcomers: bool = False) -> int:
        loaded = 0
        for documents in self.shop.consent_chunks(newcomers=newcomers):
            rows = self._consent_rows(documents)
            record_consents(rows=rows)
            loaded += len(rows)
        return loaded

    def orders(self, chunks: Iterable[Orders]) -> LoadedOrders:
        """All chunks in one load."""
        first_row = 1
        with transaction.atomic():
            create_stage()
            for chunk in chunks:
                first_row += self._stage_lines(chunk, first_row)
            self._stage_products()
            return load_staged_orders(source=SOURCE, make_customers=False)

    def events(self, chunks: Iterable[Columns]) -> int:
        """Behaviour; needs the products, so the orders come first.

        Raises:
            RuntimeError: the product refused an event.
        """
        products = self._products()
        # somebody may have looked around minutes before joining, and the campaign lie between
        known = (select(chunk, self.ids[chunk["customer_no"]] > 0) for chunk in chunks)
        return sum(self._record(_event_rows(self.ids, chunk, products)) for chunk in known)

    def reactions(self, chunks: Iterable[Columns], *, dispatch_id: int) -> int:
        """Opens and clicks of a dispatch."""
        return sum(self._record(_reaction_rows(self.ids, chunk, dispatch_id)) for chunk in chunks)

    def refusals(self, left: Sequence[tuple[int, datetime]], *, dispatch_id: int) -> int:
        """Events of those who refused further letters: (customer id, moment)."""
        return self._record(
            [
                NewEvent(customer_id=who, ts=at, kind="unsubscribe", subject_id=dispatch_id)
                for who, at in left
            ]
        )

    def _record(self, events: list[NewEvent]) -> int:
        report = record_events(events=events, source=SOURCE)
        if report.rejected:
            raise RuntimeError(f"refused: {report.rejected}")
        return report.added

    def _consent_rows(self, documents: Columns) -> list[ConsentRow]:
        fields = ("customer_no", "document", "purpose", "channel", "address", "given_at",
                  "ended_at", "proof")  # fmt: skip
        return [
            ConsentRow(
                customer_id=int(self.ids[number]),
                document=document,
                purpose=purpose,
                channel=channel,
                address_hmac=self._hmac(channel, address),
                given_at=_moment(given_at),
                withdrawn_at=_moment(ended_at) if ended_at else None,
                method=proof,
                source="demo",
                proof=self._prover.proof(document, _moment(given_at)),
            )
            for number, document, purpose, channel, address, given_at, ended_at, proof in zip(
                *(documents[name].tolist() for name in fields), strict=True
            )
        ]

    def _hmac(self, channel: str, address: str) -> bytes:
        if not address:
            return b""
        is_mail = channel == "EMAIL"
        return self.vault.email_hmac(address) if is_mail else self.vault.phone_hmac(address)

    def _stage_lines(self, chunk: Orders, first_row: int) -> int:
        orders, lines = chunk.orders, chunk.lines
        rows, sizes = len(lines["order_no"]), orders["lines"]
        customer = np.repeat(self.ids[orders["customer_no"]], sizes)
        return copy_columns(
            staging.LINES,
            {
                "row_no": np.arange(first_row, first_row + rows),
                "number": lines["number"],
                "ext": lines["order_no"],
                "ts": moments(np.repeat(orders["at"], sizes)),
                "customer_id": nullable(customer),
                "product": lines["product_no"],
                "quantity": lines["quantity"],
                "price": lines["price"],
                "amount": lines["amount"],
                "discount": lines["discount"],
                "cost": lines["cost"],
                "is_return": np.repeat(orders["return_of"] > 0, sizes),
                "status": constant("paid", rows),
            },
        )

    def _stage_products(self) -> None:
        products = self.shop.products()
        copy_columns(
            staging.PRODUCTS,
            {
                "row_no": products["product_no"],
                "external_id": products["product_no"],
                "name": products["name"],
                "category": products["category"],
                "cost": products["cost"],
            },
        )

    def _products(self) -> dict[int, tuple[int | None, str | None]]:
        """Id and category by product number; 0 is no product."""
        rows = Product.objects.values_list("external_id", "pk", "category__name")
        return {0: (None, None)} | {int(number): (pk, name) for number, pk, name in rows}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _customer_rows(people: Columns) -> list[CustomerRow]:
    fields = ("customer_no", "email", "phone", "first_name", "last_name", "city", "time_zone",
              "gender", "acquisition", "is_member")  # fmt: skip
    return [
        CustomerRow(
            external_id=str(number),
            email=email,
            phone=phone,
            first_name=first,
            last_name=last,
            city=city,
            timezone=zone,
            language="ru",
            attributes={"gender": gender, "acquisition": origin, "is_member": is_member},
        )
        for number, email, phone, first, last, city, zone, gender, origin, is_member in zip(
            *(people[name].tolist() for name in fields), strict=True
        )
    ]


def _event_rows(
    ids: Ints, chunk: Columns, products: dict[int, tuple[int | None, str | None]]
) -> list[NewEvent]:
    fields = ("at", "kind", "product_no", "mailing_no")
    return [
        NewEvent(
            customer_id=customer_id,
            ts=_moment(at),
            kind=KIND_NAMES[kind],
            subject_id=products[product][0],
            category=products[product][1],
            properties={"mailing": mailing} if mailing else {},
        )
        for customer_id, at, kind, product, mailing in zip(
            ids[chunk["customer_no"]].tolist(),
            *(chunk[name].tolist() for name in fields),
            strict=True,
        )
    ]


def _reaction_rows(ids: Ints, chunk: Columns, dispatch_id: int) -> list[NewEvent]:
    people = ids[chunk["customer_no"]].tolist()
    return [
        NewEvent(customer_id=customer_id, ts=_moment(at), kind=kind, subject_id=dispatch_id)
        for kind, name in (("open", "opened_at"), ("click", "clicked_at"))
        for customer_id, at in zip(people, chunk[name].tolist(), strict=True)
        if at
    ]
