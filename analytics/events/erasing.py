"""How behaviour and orders forget a person, and how long raw events stay."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from analytics.events.models import EventKey, Order, RejectedEvent
from cvm_platform.common import bulk
from tenants.erasure.contracts import Basis, Eraser, Finding, Means, Person, Rule
from tenants.erasure.registry import add_basis, add_eraser, add_rule

# Sources do not say when an order is delivered: for so long it may still be on its way, and the
# contract needs a name and an address.
OPEN_ORDER = timedelta(days=14)
# a reaction to a message counts in the sums of a broadcast, without the person
_REACTION = (
    "t.subject_id IS NOT NULL AND t.kind IN ('sent', 'delivered', 'open', 'click', 'unsubscribe',"
    " 'complaint', 'bounce', 'exposed')"
)
_FLAGS = (
    "properties = jsonb_strip_nulls(jsonb_build_object('robot', t.properties -> 'robot',"
    " 'prefetch', t.properties -> 'prefetch')), origin_id = NULL, category = NULL, source = ''"
)
_ACTIVE_PEOPLE = """
SELECT c.id, EXISTS (SELECT FROM customers_contactpoint p WHERE p.customer_id = c.id)
    OR EXISTS (SELECT FROM customers_identity i WHERE i.person_id = c.id
               AND i.kind IN ('external', 'loyalty', 'email', 'phone')) AS is_known
FROM customers_customer c LEFT JOIN events_customerstats s ON s.customer_id = c.id
WHERE c.status IN ('active', 'blocked')
  AND greatest(c.created_at, s.last_order_at, s.last_visit_at, s.last_open_at, s.last_click_at)
      < %s
ORDER BY c.id
"""
_DROP_EVENTS = "DELETE FROM events_event WHERE ts < %s"


def open_orders(customer_ids: Sequence[int], now: datetime) -> Mapping[int, Basis]:
    rows = (
        Order.objects.filter(
            customer_id__in=list(customer_ids), kind=Order.Kind.SALE, status=Order.Status.PAID,
            ts__gt=now - OPEN_ORDER,
        ).values_list("customer_id").annotate(last=Max("ts"))
    )  # fmt: skip
    return {
        who: Basis("order", _("Order not finished yet, 152-FZ art. 6(1)(5)"), last + OPEN_ORDER)
        for who, last in rows
        if who is not None
    }


def forget_rejected(people: Sequence[Person]) -> int:
    """Refused rows are kept as they came, so they are looked through as text."""
    taken = 0
    for person in people:
        for text in person.needles:
            taken += bulk.run(
                "DELETE FROM events_rejectedevent WHERE position(lower(%s) in lower(payload::text))"
                " > 0", [text],
            )  # fmt: skip
    return taken


def _silent(cutoff: datetime, *, is_known: bool) -> Finding:
    people = [who for who, known in bulk.fetch(_ACTIVE_PEOPLE, [cutoff]) if known is is_known]
    return Finding(len(people), people)


def _old_events(cutoff: datetime) -> Finding:
    [(count,)] = bulk.fetch("SELECT count(*) FROM events_event WHERE ts < %s", [cutoff])
    return Finding(int(count))


ERASERS = (
    Eraser("events.Event", Means.DELETE, ("events",), "events_event",
           where=f"NOT ({_REACTION})", order=10),
    Eraser("events.Event#reactions", Means.STAND_IN, ("events",), "events_event",
           where=_REACTION, clear=_FLAGS, order=11),
    Eraser("events.CustomerStats", Means.DELETE, ("scores",), "events_customerstats", order=12),
    Eraser("events.RejectedEvent", Means.DELETE, ("events",), order=20, run=forget_rejected),
    # the number of the order stays: a later load of the same file must not count the sale twice
    Eraser("events.Order", Means.STAND_IN, ("orders",), "events_order",
           clear="public_id = uuidv7()", is_contract=True, order=30),
)  # fmt: skip
RULES = (
    Rule("profiles", _("People who have not been active"),
         lambda cutoff: _silent(cutoff, is_known=True), categories=("name", "email", "phone")),
    Rule("visitors", _("Visitors known only by browser or device"),
         lambda cutoff: _silent(cutoff, is_known=False), categories=("ids", "events")),
    Rule("events", _("Actions on the site, in the app and in letters"), _old_events,
         lambda cutoff: bulk.run(_DROP_EVENTS, [cutoff]), ("events",)),
    Rule("rejected_events", _("Refused events and rows"),
         lambda cutoff: Finding(RejectedEvent.objects.filter(received_at__lt=cutoff).count()),
         lambda cutoff: RejectedEvent.objects.filter(received_at__lt=cutoff).delete()[0],
         ("events",)),
    Rule("event_keys", _("Keys that tell a repeated event"),
         lambda cutoff: Finding(EventKey.objects.filter(seen_at__lt=cutoff).count()),
         lambda cutoff: bulk.run("DELETE FROM events_eventkey WHERE seen_at < %s", [cutoff]),
         ("ids",)),
)  # fmt: skip


def register() -> None:
    for eraser in ERASERS:
        add_eraser(eraser)
    for rule in RULES:
        add_rule(rule)
    add_basis("orders", open_orders)
