"""A load whose consents nobody stands behind says so, and what to do."""

from pathlib import Path

from analytics.sources.services import import_file
from tenants.accounts.contracts import Role
from tenants.privacy.models import AdPermission
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.consents import trust

_FILE = (
    "id;Email;Согласие ПДн;Согласие на рассылку;Способ\n"
    "1;anna@example.org;01.03.2026;01.03.2026;DOI_EMAIL\n"
)


def _page(acme: Tenant, folder: Path, role: Role) -> str:
    path = folder / "people.csv"
    path.write_text(_FILE, encoding="utf-8")
    job = import_file(path=path, kind="customers")
    return client_of(acme, role).get(f"/imports/{job.public_id}/").content.decode()


def test_the_page_names_what_is_missing_and_where_to_declare_it(
    acme: Tenant, tmp_path: Path
) -> None:
    text = _page(acme, tmp_path, Role.CLIENT_DPO)
    assert "Согласий без доказательства: 2" in text
    assert "/consents/declarations/new/?batch=" in text
    assert AdPermission.objects.get().status == "INVALIDATED"


def test_a_source_that_is_declared_has_nothing_to_say(acme: Tenant, tmp_path: Path) -> None:
    trust(acme, "import")
    assert "Согласий без доказательства" not in _page(acme, tmp_path, Role.CLIENT_DPO)
    assert AdPermission.objects.get().status == "ACTIVE"
