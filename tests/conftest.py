"""One database for every worker: migrated once, two tenants cloned, then copied as a template."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest

from cvm_platform.local.testing import ensure_test_servers, test_folder

ROOT = Path(__file__).resolve().parents[1]
_servers = ensure_test_servers()
os.environ["DATABASE_URL"] = _servers.database_url
os.environ["BROKER_URL"] = _servers.broker_url
os.environ.setdefault("CVM_VAR_DIR", str(test_folder()))
# Playwright's synchronous API runs an event loop in the test's thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# The same examples on every machine; CVM_HYPOTHESIS=random looks for new ones.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.load_profile(os.environ.get("CVM_HYPOTHESIS", "fixed"))

BASE = "cvm_test_base"


def _fingerprint() -> str:
    """Of everything that shapes the database: migrations and the code that clones."""
    digest = hashlib.sha256()
    sources = sorted(ROOT.glob("*/*/migrations/*.py")) + sorted(ROOT.glob("tenants/tenancy/*.py"))
    sources += sorted(ROOT.glob("tenants/*/data/*.json"))
    sources += sorted(ROOT.glob("tenants/registers/data/*.json"))
    sources += [ROOT / "cvm_platform/demo/papers.py"]
    sources += [ROOT / "analytics/events/partitions.py", Path(__file__)]
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _admin(sql: str) -> list[Any]:
    with psycopg.connect(_servers.database_url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _point_at(name: str) -> None:
    """Settings are read before this file; the connection learns the server's address here."""
    from django.db import connection

    from cvm_platform.settings import env

    connection.close()
    connection.settings_dict.update({**env.database(_servers.database_url), "NAME": name})


def _build_base() -> None:
    from django.core.management import call_command
    from django.db import connection

    _admin(f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)")
    _admin(f"CREATE DATABASE {BASE}")
    _point_at(BASE)
    call_command("migrate_all", verbosity=0)
    from tenants.tenancy.services import create_tenant
    from tests.factories.registers import give_papers

    give_papers(create_tenant(slug="acme", name="Acme", plan="advanced"))
    give_papers(create_tenant(slug="beta", name="Beta", currency="GBP", timezone="Europe/London"))
    _forget_the_making(("acme", "beta"))
    connection.close()
    _admin(f"COMMENT ON DATABASE {BASE} IS '{_fingerprint()}'")


def _forget_the_making(schemas: tuple[str, ...]) -> None:
    """Every test starts with an empty trail: what made the companies is not its subject."""
    from django_tenants.utils import schema_context

    from tenants.approvals.models import Approval, Task
    from tenants.audit.models import AuditEntry, ProcessingEntry

    for schema in schemas:
        with schema_context(schema):
            for model in (Approval, Task, AuditEntry, ProcessingEntry):
                model.objects.all().delete()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    from django.db import connection

    name = f"cvm_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with django_db_blocker.unblock():
        with (test_folder() / "base.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = _admin(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                f"WHERE datname = '{BASE}'"
            )
            if not known or known[0][0] != _fingerprint():
                _build_base()
            _admin(f"CREATE DATABASE {name} TEMPLATE {BASE}")
        _point_at(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    _admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def _public_between_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test starts and ends in public, whatever it did."""
    if "own_database" in request.fixturenames:
        yield
        return
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("db")
    from django.core.cache import cache
    from django.db import connection

    cache.clear()  # what one test remembered of its base is no truth of the next
    connection.set_schema_to_public()
    yield
    connection.set_schema_to_public()


@pytest.fixture
def acme(db: None) -> Iterator[Any]:
    """The first tenant, entered: rubles, Moscow."""
    from django_tenants.utils import tenant_context

    from tenants.tenancy.models import Tenant

    tenant = Tenant.objects.get(schema_name="acme")
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def beta(db: None) -> Any:
    """The second tenant, not entered: pounds, London. Isolation tests look for its traces."""
    from tenants.tenancy.models import Tenant

    return Tenant.objects.get(schema_name="beta")


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of this test alone, with real commits; gives its URL for other processes.

    Django's own transactional tests would flush the public schema and with it all tenants.
    """
    from django.db import connection

    usual = connection.settings_dict["NAME"]
    name = f"{usual}_own"
    with django_db_blocker.unblock():
        connection.close()
        _admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _admin(f"CREATE DATABASE {name} TEMPLATE {BASE}")
        _point_at(name)
        connection.set_schema_to_public()
        yield urlsplit(_servers.database_url)._replace(path=f"/{name}").geturl()
        _point_at(usual)
        connection.set_schema_to_public()
        _admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
