"""Person ids: one sequence for everybody, and who is who in another system's numbering."""

from django.db import transaction

from cvm_platform.common import bulk
from tenants.customers import registry
from tenants.tenancy.selectors import current_tenant

LOCK = "persons"  # who makes persons from outside ids, one at a time in a tenant


def reserve_person_ids(count: int) -> list[int]:
    """Makes `count` persons and returns their ids, ascending."""
    current_tenant()
    rows = bulk.fetch(
        "INSERT INTO customers_person (created_at) SELECT now() FROM generate_series(1, %s) "
        "RETURNING id",
        [count],
    )
    return sorted(row[0] for row in rows)


def link_customers(*, table: str, source: str, make_unknown: bool = True) -> int:
    """Fills `customer_id` of a temporary table from its `external_id`; makes unknown customers.

    For loads too big for Python: everything stays in the database.

    Args:
        table: temporary table (external_id text unique, customer_id bigint, is_new boolean,
            city text, country text, first_row bigint); the name is a constant of the caller.
        source: the system whose ids these are.
        make_unknown: False leaves unknown ids with no customer.

    Returns:
        How many customers were made.
    """
    current_tenant()
    with transaction.atomic():
        bulk.lock_tenant(LOCK)
        bulk.run(
            f"UPDATE {table} s SET customer_id = i.person_id FROM customers_identity i "
            "WHERE i.kind = 'external' AND i.namespace = %s AND i.key = s.external_id",
            [source],
        )
        _drop_refused(table, source)
        if not make_unknown:
            return 0
        made = bulk.run(
            f"UPDATE {table} s SET customer_id = n.id, is_new = true FROM ("
            "  SELECT external_id, nextval(pg_get_serial_sequence('customers_person', 'id')) AS id"
            f"  FROM (SELECT external_id FROM {table} WHERE customer_id IS NULL"
            "         ORDER BY first_row) AS u) AS n "
            "WHERE n.external_id = s.external_id AND s.customer_id IS NULL"
        )
        if made:
            _insert_linked(table, source)
    return made


def _drop_refused(table: str, source: str) -> None:
    """Ids of erased people find nobody and make nobody: their orders are nobody's."""
    if not registry.may_refuse():
        return
    unknown = bulk.fetch(f"SELECT external_id FROM {table} WHERE customer_id IS NULL")
    refused = registry.refused(("external", source, row[0]) for row in unknown)
    bulk.run(
        f"DELETE FROM {table} WHERE customer_id IS NULL AND external_id = ANY(%s::text[])",
        [bulk.text_array(key for _kind, _namespace, key in refused)],
    )


def _insert_linked(table: str, source: str) -> None:
    bulk.run(
        "INSERT INTO customers_person (id, created_at) "
        f"SELECT customer_id, now() FROM {table} WHERE is_new"
    )
    bulk.run(
        "INSERT INTO customers_customer (id, public_id, status, lifecycle_stage, timezone,"
        " language, city, age_band, attributes, tags, source) "
        "SELECT customer_id, uuidv7(), 'active', '', '', '', coalesce(city, ''), '',"
        " CASE WHEN coalesce(country, '') = '' THEN '{}'::jsonb"
        "      ELSE jsonb_build_object('country', country) END, '{}', %s "
        f"FROM {table} WHERE is_new ORDER BY customer_id",
        [source],
    )
    bulk.run(
        "INSERT INTO customers_identity (person_id, kind, namespace, key, is_verified) "
        f"SELECT customer_id, 'external', %s, external_id, false FROM {table} WHERE is_new",
        [source],
    )
