"""Reading events and orders."""

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from analytics.events.models import Event, Order
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import Customer
from tenants.customers.selectors import customer_by_public_id


def _customer_id(text: str) -> int:
    """The key of a customer by public id; 0, which nobody has, for an unknown one.

    Raises:
        InvalidInput: not a UUID.
    """
    try:
        customer = customer_by_public_id(UUID(text))
    except ValueError as error:
        message = _("A customer's id looks like 0192f3c4-77ab-7….")
        raise InvalidInput(message, fields={"customer": message}) from error
    return customer.pk if customer else 0


def _public_id() -> Subquery:
    return Subquery(Customer.objects.filter(pk=OuterRef("customer_id")).values("public_id")[:1])


def events_for(*, customer: str = "", kind: str = "") -> QuerySet[Event]:
    """Events with the customer's public id as `customer`, optionally of one customer or name."""
    events = Event.objects.annotate(customer=_public_id())
    if customer:
        events = events.filter(customer_id=_customer_id(customer))
    if kind:
        events = events.filter(kind=kind)
    return events


def orders_for(*, customer: str = "") -> QuerySet[Order]:
    """Orders with the customer's public id as `customer`, null where nobody is known."""
    orders = Order.objects.annotate(customer=_public_id())
    if customer:
        orders = orders.filter(customer_id=_customer_id(customer))
    return orders
