"""Work in the background: always in a tenant, never before the commit, never silently in public.

Celery swallows what its signal handlers raise, so the tenant is checked where it must be:
in `enqueue()` and again by the worker before the task starts.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from celery import Celery, Task, signals
from django.db import transaction
from django_tenants.utils import get_public_schema_name, get_tenant_model, schema_context

from cvm_platform.common.errors import NoTenant
from cvm_platform.common.schema import connection

HEADER = "tenant_schema"
_CLOSED_SECONDS = 300
Gate = Callable[[], bool]
_gates: list[Gate] = []


def add_gate(gate: Gate) -> None:
    """`gate` runs in the tenant before every task of it; False puts the task off."""
    _gates.append(gate)


def current_schema() -> str:
    """The schema of the tenant we work for.

    Raises:
        NoTenant: outside any tenant.
    """
    schema = getattr(connection, "schema_name", None)
    if not schema or schema == get_public_schema_name():
        raise NoTenant("This work belongs to a tenant, and there is none here.")
    return str(schema)


class TenantTask(Task):  # type: ignore[type-arg]  # generic only in the stubs
    """Enters the tenant named in the message's header before the task's body runs.

    `platform = True` marks the few tasks that work for all tenants and start in public.
    """

    abstract = True
    platform = False

    def before_start(self, task_id: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        request: Any = self.request
        request.cvm_previous_schema = getattr(connection, "schema_name", None)
        schema = request.get(HEADER) or (request.get("headers") or {}).get(HEADER)
        if self.platform:
            connection.set_schema_to_public()
            return
        if not schema or schema == get_public_schema_name():
            raise NoTenant(f"Task {self.name} came without a tenant.")
        with schema_context(get_public_schema_name()):
            tenant = get_tenant_model().objects.get(schema_name=schema)
        connection.set_tenant(tenant)
        if not all(gate() for gate in _gates):
            raise self.retry(countdown=_CLOSED_SECONDS, max_retries=None)


@signals.before_task_publish.connect
def _carry_schema(headers: dict[str, Any] | None = None, **_: Any) -> None:
    schema = getattr(connection, "schema_name", None)
    if headers is not None and schema and schema != get_public_schema_name():
        headers.setdefault(HEADER, schema)


@signals.task_postrun.connect
def _leave_tenant(task: Any = None, **_: Any) -> None:
    previous = getattr(getattr(task, "request", None), "cvm_previous_schema", None)
    eager = getattr(getattr(task, "request", None), "is_eager", False)
    if eager and previous and previous != get_public_schema_name():
        with schema_context(get_public_schema_name()):
            tenant = get_tenant_model().objects.get(schema_name=previous)
        connection.set_tenant(tenant)
    else:
        connection.set_schema_to_public()


@lru_cache(maxsize=1)
def _tasks_of(app: Celery) -> Any:
    """Only a worker imports the tasks by itself; a web process or a command must ask for them."""
    app.loader.import_default_modules()
    return app.tasks


def _publish(name: str, schema: str, countdown: float, arguments: dict[str, Any]) -> None:
    from celery import current_app  # noqa: PLC0415 the app exists only once Celery is configured

    app: Celery = current_app
    task = _tasks_of(app)[name]
    options: dict[str, Any] = {"headers": {HEADER: schema}, "countdown": countdown or None}
    if app.conf.task_always_eager:
        with schema_context(schema):
            task.apply(kwargs=arguments, headers={HEADER: schema}, throw=True)
        return
    task.apply_async(kwargs=arguments, **options)


def enqueue(name: str, *, countdown: float = 0, **arguments: Any) -> None:
    """Runs the task `name` for the current tenant once the transaction is committed.

    Arguments are ids. Looking the task up by name keeps services from importing tasks.

    Raises:
        NoTenant: outside a tenant.
    """
    schema = current_schema()
    transaction.on_commit(partial(_publish, name, schema, countdown, arguments))


def in_tenant(schema: str, function: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls `function` inside the named tenant; for threads, callbacks and all-tenant jobs."""
    with schema_context(schema):
        return function(*args, **kwargs)


def for_every_tenant(name: str, *, spread_seconds: float = 30, **arguments: Any) -> int:
    """Sends the task `name` to every client tenant, spread over time; for platform tasks.

    One schedule entry serves all tenants: an entry per tenant would not scale.
    """
    from celery import current_app  # noqa: PLC0415 the app exists only once Celery is configured

    model = get_tenant_model()
    with schema_context(get_public_schema_name()):
        schemas = list(
            model.objects.filter(kind=model.Kind.CLIENT)
            .exclude(status=model.Status.CLOSED)
            .order_by("pk")
            .values_list("schema_name", flat=True)
        )
    for number, schema in enumerate(schemas):
        _tasks_of(current_app)[name].apply_async(
            kwargs=arguments,
            headers={HEADER: schema},
            countdown=spread_seconds * number / max(len(schemas), 1),
        )
    return len(schemas)
