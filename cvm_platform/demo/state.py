"""How far the load of a demo company got, written on its schema: it lives and dies with it.

A schema without our mark is not ours: somebody's own company under the same name is left alone.
"""

from enum import StrEnum

from django.db import connection, transaction
from psycopg import sql

from cvm_platform.common.schema import connection as tenant_connection
from tenants.tenancy.models import Tenant


class State(StrEnum):
    """The words stand in the schema's comment."""

    ABSENT = ""
    FOREIGN = "foreign"
    LOADING = "demo: loading"
    READY = "demo: ready"


def schema_of(slug: str) -> str:
    return slug.replace("-", "_")


def state_of(slug: str) -> State:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace "
            "WHERE nspname = %s",
            [schema_of(slug)],
        )
        row = cursor.fetchone()
    if row is None:
        known = Tenant.objects.filter(schema_name=schema_of(slug)).exists()
        return State.FOREIGN if known else State.ABSENT
    return State(row[0]) if row[0] in {State.LOADING, State.READY} else State.FOREIGN


def mark(slug: str, state: State) -> None:
    statement = sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
        sql.Identifier(schema_of(slug)), sql.Literal(str(state))
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string())


def drop_unfinished(slug: str) -> None:
    """Removes what an interrupted load left: the schema, the company's row and all that hangs on
    it in public. People stay; they get their memberships again.

    Raises:
        RuntimeError: this schema is not one of an unfinished load.
    """
    tenant_connection.set_schema_to_public()
    with transaction.atomic():
        if state_of(slug) is not State.LOADING:
            raise RuntimeError(f"{slug} is not an unfinished load of ours")
        with connection.cursor() as cursor:
            statement = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(slug)))
            cursor.execute(statement.as_string())
        Tenant.objects.filter(schema_name=schema_of(slug)).delete()
