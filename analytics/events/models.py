"""What customers did: events, orders with lines, and the rollups kept beside them."""

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Event(TenantModel):
    """One append-only table, partitioned by month. No foreign keys: partitions come and go."""

    pk = models.CompositePrimaryKey("customer_id", "ts", "event_id")
    customer_id = models.BigIntegerField()
    ts = models.DateTimeField()
    event_id = models.UUIDField(default=uuid.uuid4)
    # order, return, visit, product_view, add_to_cart, sent, delivered, open, click, unsubscribe,
    # complaint, bounce, exposed, …
    kind = models.CharField(max_length=40)
    # the message, order or product it is about, where it has one
    subject_id = models.BigIntegerField(null=True)
    category = models.CharField(max_length=100, null=True)
    amount = models.BigIntegerField(null=True)  # minor units
    properties = models.JSONField(default=dict, blank=True)
    origin_id = models.BigIntegerField(null=True)  # whose it was before a merge
    source = models.CharField(max_length=40, default="")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            BrinIndex(fields=["ts"], name="event_ts_brin", pages_per_range=32),
            models.Index(
                fields=["category", "ts", "customer_id"],
                include=["amount"],
                condition=models.Q(kind="order"),
                name="event_orders",
            ),
            models.Index(
                fields=["ts", "customer_id"], condition=models.Q(kind="open"), name="event_opens"
            ),
            models.Index(
                fields=["kind", "subject_id", "customer_id"],
                condition=models.Q(
                    kind__in=["sent", "delivered", "open", "click", "unsubscribe", "complaint",
                              "bounce", "exposed"]
                ),
                name="event_reactions",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id} {self.ts:%F}"


class EventKey(TenantModel):
    """Idempotency keys in a table of their own: a retry may carry another time."""

    pk = models.CompositePrimaryKey("source", "key")
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [BrinIndex(fields=["seen_at"], name="event_key_seen")]

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"


class RejectedEvent(TenantModel):
    """The dead-letter view: what came in and could not be taken, with the reason."""

    received_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, default="")
    payload = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"


class Category(TenantModel):
    external_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Product(TenantModel):
    external_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=300)
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, related_name="+")
    brand = models.CharField(max_length=100, blank=True, default="")
    price = models.BigIntegerField(null=True)  # minor units
    cost = models.BigIntegerField(null=True)  # minor units; NULL: unknown, the margin is assumed

    def __str__(self) -> str:
        return self.name


class Order(TenantModel):
    """A sale, or a return with negative sums. A null customer counts in totals only."""

    class Kind(models.TextChoices):
        SALE = "sale", _("Sale")
        RETURN = "return", _("Return")

    class Status(models.TextChoices):
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.CharField(max_length=40, default="import")
    external_id = models.CharField(max_length=100)
    customer_id = models.BigIntegerField(null=True)
    ts = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SALE)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PAID)
    revenue = models.BigIntegerField(default=0)  # paid, minor units, negative for a return
    discount = models.BigIntegerField(default=0)  # list price minus paid, informative
    cost = models.BigIntegerField(null=True)  # NULL where any line has none
    margin = models.BigIntegerField(default=0)  # revenue - cost, assumed where cost is NULL
    is_margin_assumed = models.BooleanField(default=False)
    items = models.IntegerField(default=0)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="order_once"),
        ]
        indexes = [
            models.Index(fields=["customer_id", "ts"], name="order_customer"),
            models.Index(fields=["ts"], include=["revenue", "margin"], name="order_ts"),
        ]

    def __str__(self) -> str:
        return self.external_id


class OrderLine(TenantModel):
    pk = models.CompositePrimaryKey("order_id", "number")
    # Lines have one writer, and orders and products are never deleted beside it: a check of both
    # keys for every line would cost more than writing it. The primary key begins with the order.
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    # no index: nobody looks lines up by product yet, and it would cost a sixth of an import
    product = models.ForeignKey(
        Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    quantity = models.IntegerField()  # negative: returned
    price = models.BigIntegerField()  # paid for one, minor units
    discount = models.BigIntegerField(default=0)  # on the whole line
    amount = models.BigIntegerField()  # quantity * price
    cost = models.BigIntegerField(null=True)  # of the whole line

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"


class CustomerStats(TenantModel):
    """One row a customer, kept by the ingestion service; RFM, segments and lists read it."""

    customer_id = models.BigIntegerField(primary_key=True)
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)
    orders = models.IntegerField(default=0)  # sales, not returns
    revenue = models.BigIntegerField(default=0)  # net of returns
    margin = models.BigIntegerField(default=0)
    returns = models.IntegerField(default=0)
    items = models.IntegerField(default=0)
    last_visit_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    last_open_at = models.DateTimeField(null=True)
    last_click_at = models.DateTimeField(null=True)
    # bit n = the n-th month since `contracts.FIRST_MONTH` had an order / an own event of any kind
    order_months = models.BigIntegerField(default=0)
    active_months = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["last_order_at"], name="stats_last_order"),
            models.Index(fields=["-revenue", "customer_id"], name="stats_revenue"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
