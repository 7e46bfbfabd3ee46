"""Somebody with a trace in every store, to be erased."""

from datetime import timedelta
from typing import Any

from analytics.events.contracts import NewEvent, NewLine, NewOrder
from analytics.events.services import record_events, record_orders
from analytics.features.models import RfmScore
from campaigns.experiments.models import Assignment, Layer
from campaigns.segments.models import Segment, SegmentMember
from cvm_platform.common import bulk, clock
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.audit.contracts import Actor
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import Customer
from tenants.customers.services import upsert_customers
from tenants.erasure import registry
from tenants.erasure.services import sign_act

OFFICER = Actor("user:1", "client_dpo", None, 1)
ADMINISTRATOR = Actor("user:2", "client_admin", None, 2)


def make_person(number: int, *, order_days_ago: int = 60) -> Customer:
    """A customer with contacts, name, events, an order, scores, a segment and a test group."""
    report = upsert_customers(
        rows=[
            CustomerRow(
                external_id=f"shop-{number}", email=email_of(number), phone=phone_of(number),
                first_name="Вера", last_name=f"Проверочная{number}", city="Тула",
                attributes={"shoe": 38},
            )
        ],
        source="import",
    )  # fmt: skip
    customer_id = report.customer_ids[0]
    assert customer_id is not None
    now = clock.now()
    record_events(
        events=[
            NewEvent(customer_id, now - timedelta(days=3, minutes=minute), kind,
                     key=f"{number}-{minute}")
            for minute, kind in enumerate(["visit", "product_view", "add_to_cart"])
        ],
        source="site",
    )  # fmt: skip
    record_orders(
        orders=[
            NewOrder(f"A-{number}", now - timedelta(days=order_days_ago),
                     [NewLine("p1", 2, 50_000)], customer_id=customer_id)
        ],
        source="import",
    )  # fmt: skip
    RfmScore.objects.create(
        customer_id=customer_id, recency=3, frequency=3, monetary=3, preset="new"
    )
    segment, _made = Segment.objects.get_or_create(name="All", defaults={"tree": {}})
    SegmentMember.objects.create(segment=segment, customer_id=customer_id)
    layer, _made = Layer.objects.get_or_create(code="global", defaults={"control_bp": 1000})
    Assignment.objects.create(
        customer_id=customer_id, layer=layer, arm="treated", assigned_at=now - timedelta(days=20)
    )
    return Customer.objects.get(pk=customer_id)


def email_of(number: int) -> str:
    return f"vera{number}@example.org"


def phone_of(number: int) -> str:
    return f"+7900000{number:04d}"


def rows_of(customer_id: int) -> dict[str, int]:
    """Rows by store that still name this customer."""

    found: dict[str, int] = {}
    for eraser in registry.erasers():
        if eraser.table:
            [(count,)] = bulk.fetch(
                f"SELECT count(*) FROM {eraser.table} t WHERE t.{eraser.column} = %s",
                [customer_id],
            )
            found[eraser.name] = int(count)
    return found


def signed(act: Any) -> Any:
    """Signed by the officer and by the administrator."""

    sign_act(
        public_id=act.public_id, actor=OFFICER, name="Орлова А. Н.", position="DPO",
        signature_type="63-FZ", second_name="Белов П. С.", second_position="Администратор",
    )  # fmt: skip
    approval = Approval.objects.get(kind="erasure.act", target_id=str(act.pk), status="pending")
    decide(
        public_id=approval.public_id, actor=ADMINISTRATOR, approve=True,
        seen=approval.content_hash,
    )  # fmt: skip
    act.refresh_from_db()
    return act
