"""Migrating every tenant in one pass: the state is computed once per group, not per tenant.

The package's own command pays for loader, autodetector and post_migrate per tenant (half a
second each). Here a tenant that fails is reported and the others go on; a rerun takes only
those that are behind.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import schema_context
from psycopg import sql

Key = tuple[str, str]
BATCH = 500


@dataclass
class MigrationReport:
    migrated: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def _applied(schemas: list[str]) -> dict[str, set[Key]]:
    applied: dict[str, set[Key]] = {schema: set() for schema in schemas}
    for start in range(0, len(schemas), BATCH):
        parts = [
            sql.SQL("SELECT {}, app, name FROM {}.django_migrations").format(
                sql.Literal(schema), sql.Identifier(schema)
            )
            for schema in schemas[start : start + BATCH]
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string())
            for schema, app, name in cursor.fetchall():
                applied[schema].add((app, name))
    return applied


def tenant_labels() -> set[str]:
    names = set(settings.TENANT_APPS)
    return {config.label for config in apps.get_app_configs() if config.name in names}


def _group(
    loader: MigrationLoader, schemas: list[str]
) -> tuple[dict[tuple[Key, ...], list[str]], dict[str, set[Key]]]:
    labels = tenant_labels()
    targets = [node for node in loader.graph.leaf_nodes() if node[0] in labels]
    wanted: list[Key] = []
    for target in targets:
        wanted += [key for key in loader.graph.forwards_plan(target) if key not in wanted]
    applied = _applied(schemas)
    groups: dict[tuple[Key, ...], list[str]] = defaultdict(list)
    for schema in schemas:
        groups[tuple(key for key in wanted if key not in applied[schema])].append(schema)
    return groups, applied


def migrate_tenants(schemas: Iterable[str]) -> MigrationReport:
    """Brings the named schemas to the newest migration of every tenant app."""
    report = MigrationReport()
    loader = MigrationLoader(connection)
    groups, applied = _group(loader, list(schemas))
    for missing, members in groups.items():
        if not missing:
            report.current += members
            continue
        state = loader.project_state(
            [key for key in applied[members[0]] if key in loader.graph.nodes], at_end=True
        )
        for schema in members:
            try:
                with schema_context(schema), connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '3s'")
                    executor = MigrationExecutor(connection)
                    executor.loader.applied_migrations = {
                        key: executor.loader.disk_migrations[key]
                        for key in applied[schema]
                        if key in executor.loader.disk_migrations
                    }
                    plan = [(loader.disk_migrations[key], False) for key in missing]
                    executor.migrate(list(missing), plan=plan, state=state.clone())
                    cursor.execute("RESET lock_timeout")
                report.migrated.append(schema)
            except Exception as error:  # noqa: BLE001 one broken tenant must not stop the others
                report.failed[schema] = f"{type(error).__name__}: {error}"
                connection.close()
    return report
