"""Keys are replaced while everything works: nothing becomes unreadable at any moment."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from campaigns.channels.tracking import Purpose, Tracked
from campaigns.delivery.addresses import read_address, tracker_of
from cvm_platform.common import bulk, clock, crypto
from tenants.audit.contracts import SYSTEM
from tenants.audit.services import record, sealing
from tenants.audit.verifying import verify_chains
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import ContactPoint, DataKey
from tenants.customers.sealing import KEY_CONTEXT, Vault
from tenants.customers.selectors import customers_found_by
from tenants.customers.services import upsert_customers
from tenants.customers.services.rewrapping import numbers_in_use, rewrap_customer_keys
from tenants.tenancy import keys, rotating
from tenants.tenancy.models import PlatformKey, Tenant

ROOT = Path(__file__).resolve().parents[4]


def _new_master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(autouse=True)
def _no_remembered_keys() -> Any:
    keys.forget_rings()
    yield
    keys.forget_rings()


def _people(*numbers: int) -> None:
    rows = [
        CustomerRow(external_id=str(n), email=f"person{n}@example.org", first_name="Анна")
        for n in numbers
    ]
    upsert_customers(rows=rows, source="crm")


def _emails(tenant: Tenant) -> set[str]:
    with tenant_context(tenant):
        contacts = ContactPoint.objects.all()
        rows = [(each.pk, each.customer_id, bytes(each.sealed)) for each in contacts]
        return set(Vault(tenant).open_many(rows).values())


def _fresh(schema: str = "acme") -> Tenant:
    with schema_context("public"):
        return Tenant.objects.get(schema_name=schema)


def _rotate(settings: Any) -> str:
    """Settings as after the deploy: a new key, the former one beside it."""
    former = settings.MASTER_KEY
    settings.MASTER_KEY = _new_master()
    settings.MASTER_KEY_OLD = [former]
    return str(former)


# ---- master key ---------------------------------------------------------------------------------


def test_everything_is_read_before_during_and_after(
    acme: Tenant, settings: Any, capsys: Any
) -> None:
    _people(1, 2)
    record(actor=SYSTEM, action="test.done", target=acme)
    sealing.seal_all()
    tracked = Tracked(acme.pk, 7, 1)
    url = tracker_of(acme).urls(tracked).unsubscribe_url
    _rotate(settings)
    keys.forget_rings()
    assert _emails(_fresh()) == {"person1@example.org", "person2@example.org"}
    with schema_context("public"):
        call_command("rotate_keys")
        assert rotating.behind() == 0
    settings.MASTER_KEY_OLD = []  # the next deploy takes the former key away
    keys.forget_rings()
    tenant = _fresh()
    assert _emails(tenant) == {"person1@example.org", "person2@example.org"}
    with tenant_context(tenant):
        # blind indexes and chains hang on the root, which stayed
        assert len(customers_found_by("person1@example.org")) == 1
        assert verify_chains() == []
    assert read_address(tenant, url.rpartition("/")[2], Purpose.UNSUBSCRIBE) == tracked
    assert "under a former master key: 0" in capsys.readouterr().out


def test_address_of_a_letter_works_through_three_rotations(acme: Tenant, settings: Any) -> None:
    tracked = Tracked(acme.pk, 7, 1)
    tokens = []
    for _year in range(3):
        tokens.append(tracker_of(_fresh()).urls(tracked).unsubscribe_url.rpartition("/")[2])
        _rotate(settings)
        with schema_context("public"):
            call_command("rotate_keys")
            call_command("rotate_keys", "--addresses")
        settings.MASTER_KEY_OLD = []
        keys.forget_rings()
    assert len(set(tokens)) == 3
    with schema_context("public"):
        clock_then = clock.now() + timedelta(days=3 * 365)
    with clock.at(clock_then):
        assert [read_address(_fresh(), token, Purpose.UNSUBSCRIBE) for token in tokens] == [
            tracked
        ] * 3


def test_process_that_knows_only_the_former_address_key_learns_the_new_one(acme: Tenant) -> None:
    with schema_context("public"):
        keys.ensure_platform_keys()
        before = keys.platform_ring(keys.ADDRESSES)
        keys.add_platform_key(keys.ADDRESSES)
    token = tracker_of(acme).urls(Tracked(acme.pk, 7, 1)).open_url.rpartition("/")[2][:-4]
    keys._rings[keys.ADDRESSES] = before  # a process that was started earlier
    assert read_address(acme, token, Purpose.OPEN) == Tracked(acme.pk, 7, 1)


def test_wrong_former_key_is_refused_and_nothing_is_changed(acme: Tenant, settings: Any) -> None:
    _people(1)
    before = list(Tenant.objects.order_by("pk").values_list("wrapped_key", "wrap_keys"))
    former = _rotate(settings)
    settings.MASTER_KEY_OLD = [_new_master()]
    with schema_context("public"), pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_keys")
    after = list(Tenant.objects.order_by("pk").values_list("wrapped_key", "wrap_keys"))
    assert [bytes(row[0]) for row in after] == [bytes(row[0]) for row in before]
    settings.MASTER_KEY_OLD = [former]
    assert _emails(_fresh()) == {"person1@example.org"}


def test_one_tenant_that_does_not_open_stops_all(acme: Tenant, beta: Tenant, settings: Any) -> None:
    Tenant.objects.filter(pk=beta.pk).update(
        wrapped_key=crypto.seal(crypto.new_key(), crypto.new_key(), b"beta")
    )
    was = bytes(Tenant.objects.get(pk=acme.pk).wrapped_key)
    _rotate(settings)
    with schema_context("public"), pytest.raises(CommandError, match="beta"):
        call_command("rotate_keys")
    assert bytes(Tenant.objects.get(pk=acme.pk).wrapped_key) == was


def test_interrupted_rotation_goes_on(acme: Tenant, beta: Tenant, settings: Any) -> None:
    _rotate(settings)
    with schema_context("public"):
        assert rotating._rewrap_tenant(acme.pk)
        assert not rotating._rewrap_tenant(acme.pk)
        assert rotating.behind() > 0
        call_command("rotate_keys")
        assert rotating.behind() == 0
        assert rotating.rewrap_by_master() == 0


def test_company_opened_by_a_process_with_the_former_key_is_found(
    acme: Tenant, settings: Any
) -> None:
    former = _rotate(settings)
    with schema_context("public"):
        call_command("rotate_keys")
        old = crypto.seal(crypto.decode_key(former), crypto.new_key(), b"beta")
        Tenant.objects.filter(schema_name="beta").update(wrapped_key=old)
        assert rotating.behind() == 1
        call_command("rotate_keys")
        assert rotating.behind() == 0


def test_check_changes_nothing(acme: Tenant, settings: Any, capsys: Any) -> None:
    _people(1)
    _rotate(settings)
    with schema_context("public"):
        rows = list(PlatformKey.objects.order_by("pk").values_list("wrapped", flat=True))
        call_command("rotate_keys", "--check")
        assert rows == list(PlatformKey.objects.order_by("pk").values_list("wrapped", flat=True))
        assert rotating.behind() > 0
    assert "acme: wraps with 0; key 0: 1" in capsys.readouterr().out


# ---- keys that wrap customers' keys -------------------------------------------------------------


def test_customers_keys_move_to_the_new_wrap_key(acme: Tenant, beta: Tenant) -> None:
    _people(*range(1, 8))
    with tenant_context(beta):
        _people(1)
    with schema_context("public"):
        call_command("rotate_keys", "--customers", "--schema", "acme")
    tenant = _fresh()
    assert keys.wrap_ring(tenant).active == 1
    with tenant_context(tenant):
        assert numbers_in_use() == {1: 7}
        _people(8)
        assert numbers_in_use() == {1: 8}
    assert len(_emails(tenant)) == 8
    with tenant_context(_fresh("beta")):
        assert numbers_in_use() == {0: 1}
    assert len(_emails(_fresh("beta"))) == 1


def test_writer_that_read_the_tenant_before_loses_nothing(acme: Tenant) -> None:
    stale = _fresh()
    with schema_context("public"):
        call_command("rotate_keys", "--customers", "--schema", "acme")
    connection.set_tenant(stale)  # its request began before the rotation
    _people(1)
    assert numbers_in_use() == {0: 1}
    tenant = _fresh()
    assert _emails(tenant) == {"person1@example.org"}
    with schema_context("public"):  # finishes the former one, makes no second key
        call_command("rotate_keys", "--customers", "--schema", "acme")
    with tenant_context(_fresh()):
        assert keys.wrap_ring(_fresh()).active == 1
        assert numbers_in_use() == {1: 1}


def test_erasure_in_between_stays_an_erasure(acme: Tenant, monkeypatch: Any) -> None:
    _people(1, 2)
    tenant = rotating.begin_wrap_key(tenant=acme)
    gone = DataKey.objects.order_by("customer_id")[0].customer_id
    fetch = bulk.fetch

    def fetch_and_erase(statement: str, params: Any = None) -> Any:
        rows = fetch(statement, params)
        if "octet_length" in statement:
            DataKey.objects.filter(pk=gone).update(wrapped=None, destroyed_at=clock.now())
        return rows

    monkeypatch.setattr(bulk, "fetch", fetch_and_erase)
    assert rewrap_customer_keys(tenant=tenant) == 1
    assert DataKey.objects.get(pk=gone).wrapped is None


def test_damaged_key_stops_its_batch_and_says_whose(acme: Tenant) -> None:
    _people(1, 2)
    first = DataKey.objects.order_by("customer_id")[0]
    damaged = bytes(first.wrapped or b"")[:-1] + b"\x00"
    DataKey.objects.filter(pk=first.pk).update(wrapped=damaged)
    with (
        schema_context("public"),
        pytest.raises(CommandError, match=f"customer {first.customer_id}"),
    ):
        call_command("rotate_keys", "--customers", "--schema", "acme")
    assert numbers_in_use() == {0: 2}


def test_former_wrap_key_is_dropped_only_when_old_and_unused(acme: Tenant) -> None:
    _people(1)
    for _time in range(2):
        with schema_context("public"):
            call_command("rotate_keys", "--customers", "--schema", "acme")
    with schema_context("public"):
        call_command("rotate_keys", "--drop", "--schema", "acme")
    assert sorted(keys.wrap_ring(_fresh()).keys) == [0, 1, 2]
    with clock.at(clock.now() + timedelta(hours=25)), schema_context("public"):
        call_command("rotate_keys", "--drop", "--schema", "acme")
    assert sorted(keys.wrap_ring(_fresh()).keys) == [0, 2]
    assert _emails(_fresh()) == {"person1@example.org"}


def test_unknown_company_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("rotate_keys", "--customers", "--schema", "nobody")


def test_master_and_wrap_keys_rotate_together(acme: Tenant, settings: Any) -> None:
    _people(1)
    with schema_context("public"):
        call_command("rotate_keys", "--customers", "--schema", "acme")
    _rotate(settings)
    with schema_context("public"):
        call_command("rotate_keys")
    settings.MASTER_KEY_OLD = []
    assert _emails(_fresh()) == {"person1@example.org"}


# ---- with real commits --------------------------------------------------------------------------

_WORK = """
import django; django.setup()
from django_tenants.utils import tenant_context
from tenants.tenancy.models import Tenant
from tenants.customers.services.rewrapping import rewrap_customer_keys
tenant = Tenant.objects.get(schema_name="acme")
with tenant_context(tenant):
    print("begun", flush=True)
    rewrap_customer_keys(tenant=tenant, batch=50)
"""


def _many_keys(tenant: Tenant, count: int) -> dict[int, bytes]:
    ring = keys.wrap_ring(tenant)
    plain = {number: crypto.new_key() for number in range(1, count + 1)}
    rows = [(number, ring.seal(key, KEY_CONTEXT), False) for number, key in plain.items()]
    bulk.copy_rows("customers_datakey", ("customer_id", "wrapped", "is_split"), rows)
    return plain


def test_killed_midway_and_resumed(own_database: str) -> None:
    tenant = _fresh()
    with tenant_context(tenant):
        plain = _many_keys(tenant, 20_000)
    rotating.begin_wrap_key(tenant=tenant)
    environment = os.environ | {"DATABASE_URL": own_database}
    process = subprocess.Popen([sys.executable, "-c", _WORK], env=environment, cwd=ROOT)
    tenant = _fresh()
    with tenant_context(tenant):
        until = time.monotonic() + 60
        while numbers_in_use().get(1, 0) < 500 and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        done = numbers_in_use().get(1, 0)
        assert 0 < done < 20_000
        assert Vault(tenant).customer_keys(plain) == plain  # half and half, all of it readable
        assert rewrap_customer_keys(tenant=tenant) == 20_000 - done
        assert numbers_in_use() == {1: 20_000}
        assert Vault(tenant).customer_keys(plain) == plain


def _write(stop: threading.Event, errors: list[Exception], made: list[int]) -> None:
    """A writer of its own connection, a request at a time, as web processes do it."""
    number = 100
    try:
        while not stop.is_set():
            number += 1
            with tenant_context(_fresh()):
                _people(number)
            made.append(number)
    except Exception as error:  # noqa: BLE001 told by the test
        errors.append(error)
    finally:
        connection.close()


def test_rotation_while_a_writer_writes(own_database: str, settings: Any) -> None:
    stop, errors, made = threading.Event(), [], []
    writer = threading.Thread(target=_write, args=(stop, errors, made))
    writer.start()
    try:
        while len(made) < 3 and writer.is_alive():
            time.sleep(0.05)
        _rotate(settings)
        for _time in range(3):
            call_command("rotate_keys")
            call_command("rotate_keys", "--customers", "--schema", "acme")
        so_far = len(made)
        while len(made) < so_far + 3 and writer.is_alive():
            time.sleep(0.05)
    finally:
        stop.set()
        writer.join(timeout=60)
    assert errors == []
    settings.MASTER_KEY_OLD = []
    tenant = _fresh()
    assert _emails(tenant) == {f"person{number}@example.org" for number in made}
    with tenant_context(tenant):
        rewrap_customer_keys(tenant=tenant)
        assert set(numbers_in_use()) == {keys.wrap_ring(tenant).active}
        assert _emails(tenant) == {f"person{number}@example.org" for number in made}
