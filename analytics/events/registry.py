"""Who wants to hear of new events; and what this app itself asks of the tenancy."""

from collections.abc import Callable, Sequence

from django_tenants.utils import schema_context

from analytics.events.partitions import ensure_usual_partitions
from cvm_platform.common import clock
from cvm_platform.common.jobs import enqueue
from tenants.accounts import registry as accounts_registry
from tenants.tenancy import registry as tenancy_registry
from tenants.tenancy.models import Tenant

# called on commit with the ids of the touched customers and the kinds of the new events
Subscriber = Callable[[Sequence[int], frozenset[str]], None]

subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> Subscriber:
    subscribers.append(subscriber)
    return subscriber


def _make_partitions(_tenant: Tenant) -> None:
    ensure_usual_partitions(clock.now().date())


def _count_margin_again(change: accounts_registry.Change) -> None:
    """What the company assumes of its margin holds for the orders it has loaded already, too."""
    if "assumed_margin_bp" in change.details.get("fields", ()):
        with schema_context(change.tenant.schema_name):
            enqueue("events.apply_assumed_margin")


def register() -> None:
    tenancy_registry.after_create(_make_partitions)
    accounts_registry.on_change(_count_margin_again)
