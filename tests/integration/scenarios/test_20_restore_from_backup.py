"""Restore from backup; short terms.

Given a 20(3) destruction ground with a 7-WD term, When the term ends, Then primary data are
deleted, the per-subject key is destroyed, and a restored older backup yields no readable field.
Also: given a backup taken before an erasure, When it is restored, Then the erasure ledger is
applied before opening access, and a search for the erased phone returns nothing.

The backup is a real one: pg_dump of the company's schema before, pg_restore after.
"""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from cvm_platform.local import postgres
from tenants.customers.models import ContactPoint, Customer, PersonalName
from tenants.customers.sealing import Vault
from tenants.customers.selectors import customers_found_by
from tenants.erasure import selectors, services
from tenants.erasure.models import ErasureJob
from tenants.keyring import ledger_file
from tenants.keyring.models import ErasureMark
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.erasure import OFFICER, email_of, make_person, phone_of

BACKUP = datetime(2026, 11, 22, 3, tzinfo=UTC)
DEMAND = datetime(2026, 11, 23, 9, tzinfo=UTC)  # Monday: seven working days end on 2 December


@pytest.fixture
def world(own_database: str, tmp_path: Path) -> Iterator[tuple[str, Tenant, Customer, Path]]:
    """A person, and a backup of the company's schema with that person in it."""
    tenant = Tenant.objects.get(schema_name="acme")
    with override_settings(ERASURE_LEDGER_DIR=str(tmp_path / "ledger")):
        with tenant_context(tenant):
            person = make_person(1)
            make_person(2)
        connection.close()
        dump = tmp_path / "acme.dump"
        _run("pg_dump", own_database, "--schema=acme", "--format=custom", f"--file={dump}")
        yield own_database, tenant, person, dump


def _run(program: str, url: str, *arguments: str) -> None:
    path = postgres.binary(program)
    subprocess.run([path, f"--dbname={url}", *arguments], check=True, capture_output=True)


def _restore(url: str, dump: Path) -> None:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA acme CASCADE")
    connection.close()
    _run("pg_restore", url, str(dump))
    selectors.forget_guard()  # processes are started anew, or ask again after five seconds


def _erase(person: Customer) -> ErasureJob:
    with clock.at(DEMAND):
        job = services.begin_erasure(
            customer_id=person.pk, ground="UNLAWFUL_20_3", requested_by=OFFICER
        )
        services.run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def _sealed(person: Customer) -> list[tuple[int, int, bytes]]:
    contacts = ContactPoint.objects.filter(customer_id=person.pk).values_list("pk", "sealed")
    names = PersonalName.objects.filter(customer_id=person.pk).values_list("pk", "sealed")
    return [(1_000 + pk, person.pk, bytes(it)) for pk, it in [*contacts, *names]]


def _page(tenant: Tenant) -> Any:
    return client_of(tenant).get("/")


def test_restored_backup_yields_no_readable_field(world: Any) -> None:
    url, tenant, person, dump = world
    with tenant_context(tenant):
        assert len(Vault(tenant).open_many(_sealed(person))) >= 2  # readable before
        job = _erase(person)
        assert job.status == ErasureJob.Status.DONE
        assert job.due_at.date().isoformat() == "2026-12-02"
        assert job.keys_destroyed_at is not None
        assert job.keys_destroyed_at <= job.due_at
        assert not _sealed(person)
    _restore(url, dump)
    with tenant_context(tenant):
        rows = _sealed(person)
        assert len(rows) == 3  # the copy brought the sealed values and their half of the key back
        assert Vault(tenant).open_many(rows) == {}


def test_ledger_is_applied_before_anybody_gets_in(world: Any) -> None:
    url, tenant, person, dump = world
    assert _page(tenant).status_code != 503
    with tenant_context(tenant):
        _erase(person)
    _restore(url, dump)
    with tenant_context(tenant):
        assert selectors.is_behind(tenant, fresh=True)
        assert customers_found_by(phone_of(1)).exists()  # what the guard keeps from people
    assert _page(tenant).status_code == 503
    call_command("apply_erasures", "acme")
    with tenant_context(tenant):
        for text in (phone_of(1), email_of(1), "shop-1"):
            assert not customers_found_by(text).exists()
        assert customers_found_by(phone_of(2)).exists()
        person.refresh_from_db()
        assert person.status == Customer.Status.ERASED
    assert _page(tenant).status_code != 503


def test_file_outside_tells_what_a_whole_restored_database_forgot(world: Any) -> None:
    url, tenant, person, dump = world
    with tenant_context(tenant):
        _erase(person)
    assert [mark.customer_id for mark in ledger_file.read(tenant)] == [person.pk]
    ErasureMark.objects.all().delete()  # the public schema is as old as the company's
    _restore(url, dump)
    assert _page(tenant).status_code == 503
    call_command("apply_erasures", "acme")
    with tenant_context(tenant):
        assert not customers_found_by(phone_of(1)).exists()
    assert ErasureMark.objects.count() == 1


def test_a_changed_file_is_noticed(world: Any) -> None:
    _url, tenant, person, _dump = world
    with tenant_context(tenant):
        _erase(person)
    path = ledger_file.path_of(tenant.public_id)
    assert path is not None
    path.write_text(path.read_text().replace(f", {person.pk},", ", 999,"))
    with pytest.raises(ledger_file.LedgerBroken):
        ledger_file.read(tenant)
