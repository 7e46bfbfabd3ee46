"""A cloned schema equals a migrated one, name by name."""

import re
import time
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from analytics.events.partitions import existing_months
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.tenancy import cloning
from tenants.tenancy.migrating import migrate_tenants
from tenants.tenancy.models import Domain, Tenant
from tenants.tenancy.services import TEMPLATE_SCHEMA, create_tenant

CATALOGS = {
    "relations": "SELECT relname, relkind, relispartition, reloptions FROM pg_class "
    "WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'S')",
    "columns": "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid "
    "AND d.adnum = a.attnum WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') "
    "AND a.attnum > 0 AND NOT a.attisdropped",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
    "constraints": "SELECT conrelid::regclass::text, conname, contype, conislocal, "
    "pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = %s::regnamespace",
    "bounds": "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class "
    "WHERE relnamespace = %s::regnamespace AND relispartition AND relkind = 'r'",
    "triggers": "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE c.relnamespace = %s::regnamespace GROUP BY 1",
}


def catalog(schema: str, what: str) -> set[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(CATALOGS[what], [schema])
        rows = cursor.fetchall()
    # an IN list is printed in an equivalent form after a second parse, as pg_dump does it
    return {
        tuple(
            re.sub(r"::character varying|::text\[\]|::text|[()]", "", str(value)).replace(
                f"{schema}.", ""
            )
            for value in row
        )
        for row in rows
    }


@pytest.mark.parametrize("what", list(CATALOGS))
def test_a_cloned_schema_equals_the_migrated_template(db: None, what: str) -> None:
    template, clone = catalog(TEMPLATE_SCHEMA, what), catalog("acme", what)
    assert template
    assert clone == template


def test_the_template_holds_nothing_the_cloner_would_lose(db: None) -> None:
    assert cloning.unsupported_objects(TEMPLATE_SCHEMA) == []


def test_a_new_tenant_is_complete_and_quick(db: None) -> None:
    started = time.perf_counter()
    tenant = create_tenant(slug="tea-house", name="  Чайный дом ", plan="advanced")
    assert time.perf_counter() - started < 2
    assert (tenant.schema_name, tenant.name) == ("tea_house", "Чайный дом")
    assert Domain.objects.get(tenant=tenant).domain == "tea-house.cvm.localhost"
    with schema_context("tea_house"):
        assert len(existing_months()) >= 40
    report = migrate_tenants(["tea_house"])
    assert (report.current, report.migrated, report.failed) == (["tea_house"], [], {})


@pytest.mark.parametrize("slug", ["A", "1st", "with space", "x" * 40, "кофе", "a--", "public;"])
def test_a_bad_address_is_refused_and_nothing_is_made(db: None, slug: str) -> None:
    before = Tenant.objects.count()
    with pytest.raises(InvalidInput) as caught:
        create_tenant(slug=slug, name="X")
    assert set(caught.value.fields) == {"slug"}
    assert Tenant.objects.count() == before


def test_an_address_is_given_once(db: None) -> None:
    with pytest.raises(Conflict):
        create_tenant(slug="acme", name="Another")
    assert Tenant.objects.filter(schema_name="acme").count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"timezone": "Mars/Base"}, "timezone"), ({"plan": "free"}, "plan"), ({"name": " "}, "name")],
)
def test_bad_input_names_its_field(db: None, changed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_tenant(**{"slug": "newone", "name": "New", **changed})
    assert set(caught.value.fields) == {field}
    assert not Tenant.objects.filter(schema_name="newone").exists()


def test_a_failed_creation_leaves_no_schema(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloning, "build_ddl", lambda _schema: "CREATE TABLE broken (")
    with pytest.raises(Exception, match="syntax"):
        create_tenant(slug="broken", name="Broken")
    connection.set_schema_to_public()
    assert not Tenant.objects.filter(schema_name="broken").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'broken'")
        assert cursor.fetchone() == (0,)


def test_one_broken_tenant_does_not_stop_the_others(own_database: str) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    for schema in ("acme", "beta"):
        with schema_context(schema):
            MigrationRecorder(connection).migration_qs.filter(
                app="features", name="0001_initial"
            ).delete()
    with schema_context("beta"), connection.cursor() as cursor:
        cursor.execute("DROP TABLE features_rfmrun, features_rfmscore")
    report = migrate_tenants(["acme", "beta"])
    assert report.migrated == ["beta"]
    assert list(report.failed) == ["acme"]
    assert "already exists" in report.failed["acme"]
