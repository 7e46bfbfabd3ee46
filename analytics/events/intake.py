"""From what integrators send to what ingestion takes: people resolved, money and times typed."""

from dataclasses import replace

from analytics.events.bodies import EventsBody, OrderBody, OrdersBody, check_names
from analytics.events.contracts import IngestReport, NewEvent, NewLine, NewOrder
from analytics.events.services import record_events, record_orders
from tenants.customers.resolving import resolve_customers

# an id that no person has: ingestion puts the event into quarantine with its reason
NOBODY = 0


def take_events(body: EventsBody) -> IngestReport:
    """Writes a batch of events; an unknown customer's event goes to quarantine."""
    check_names(body.events)
    people = resolve_customers([event.customer for event in body.events], source=body.source)
    events = [
        NewEvent(
            customer_id=person or NOBODY, ts=event.ts, kind=event.name, category=event.category,
            amount=event.amount, properties=event.properties, key=event.key,
        )
        for event, person in zip(body.events, people, strict=True)
    ]  # fmt: skip
    known = {person for person in people if person}
    return record_events(events=events, source=body.source, known=known)


def _lines(order: OrderBody) -> list[NewLine]:
    return [
        NewLine(
            product=line.product, quantity=line.quantity, price=line.price,
            discount=line.discount, cost=line.cost, name=line.name, category=line.category,
        )
        for line in order.lines
    ]  # fmt: skip


def take_orders(body: OrdersBody) -> IngestReport:
    """Adds or replaces a batch of orders.

    An order whose customer is named by the source's own id makes the customer when unknown; one
    named otherwise and unknown counts in totals and belongs to nobody.
    """
    people = resolve_customers([order.customer for order in body.orders], source=body.source)
    orders = []
    for order, person in zip(body.orders, people, strict=True):
        taken = NewOrder(
            external_id=order.external_id, ts=order.ts, lines=_lines(order), customer_id=person,
            is_return=order.is_return, status="cancelled" if order.is_cancelled else "paid",
        )  # fmt: skip
        if person is None and order.customer is not None:
            taken = replace(taken, customer=order.customer.external_id)
        orders.append(taken)
    return record_orders(orders=orders, source=body.source, make_customers=True)
