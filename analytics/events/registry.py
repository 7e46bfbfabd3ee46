"""Who wants to hear of new events; and what this app itself asks of the tenancy."""

from collections.abc import Callable, Sequence

from analytics.events.partitions import ensure_usual_partitions
from cvm_platform.common import clock
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


def register() -> None:
    tenancy_registry.after_create(_make_partitions)
