import re
from datetime import timedelta

import pytest
from django.test import Client

from cvm_platform.common import clock
from tenants.accounts import services
from tenants.accounts.contracts import Role
from tenants.accounts.models import ApiKey, Membership, User
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user


@pytest.fixture
def admin(beta: Tenant) -> Client:
    return client_of(beta, Role.CLIENT_ADMIN)


def test_team_shows_whose_door_is_closed_and_why(beta: Tenant, admin: Client) -> None:
    late = make_user(beta, Role.CLIENT_ANALYST)
    User.objects.filter(pk=late.pk).update(training_valid_until=None, name="Поздний")
    html = admin.get("/team/").content.decode()
    assert "Здесь работают 2 человека" in html
    row = html.split("Поздний")[1]
    assert "истёк срок обучения" in row
    found = admin.get("/team/?q=поздн").content.decode()
    assert late.email in found
    assert found.split("<tbody>")[1].count('class="nm"') == 1
    assert "Никто не найден" in admin.get("/team/?q=zzz").content.decode()


def test_invited_person_gets_a_link_that_is_shown_once(beta: Tenant, admin: Client) -> None:
    data = {"email": "n@shop.example", "name": "Новый", "side": "client", "role": "client_analyst"}
    answer = admin.post("/team/new/", data)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    link = re.search(r'id="link">([^<]+)<', answer.content.decode())
    assert link is not None
    assert link[1].startswith("http://beta.cvm.localhost/accounts/password/reset/key/")
    membership = Membership.objects.get(user__email="n@shop.example")
    assert (membership.role, membership.tenant) == ("client_analyst", beta)
    assert not membership.user.has_usable_password()


def test_known_agency_person_gets_no_link(beta: Tenant, admin: Client) -> None:
    known = make_user(Tenant.objects.get(schema_name="acme"), Role.AGENCY_ANALYST)
    data = {"email": known.email, "name": "x", "side": "agency", "role": "agency_analyst"}
    answer = admin.post("/team/new/", data)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/team/")
    assert known.memberships.count() == 2


def test_refused_invitation_stands_at_the_field(beta: Tenant, admin: Client) -> None:
    other = make_user(Tenant.objects.get(schema_name="acme"), Role.CLIENT_ADMIN)
    data = {"email": other.email, "name": "x", "side": "client", "role": "client_analyst"}
    answer = admin.post("/team/new/", data)
    assert answer.status_code == 422
    assert "Этот человек — из другой компании" in answer.content.decode()
    assert other.memberships.count() == 1


def test_role_and_training_are_two_forms(beta: Tenant, admin: Client) -> None:
    user = make_user(beta, Role.CLIENT_ANALYST)
    path = f"/team/{user.public_id}/"
    assert admin.post(path, {"what": "role", "role": "client_marketer"}).status_code == 302
    assert user.memberships.get().role == "client_marketer"
    until = clock.now().date() + timedelta(days=30)
    assert (
        admin.post(path, {"what": "training", "training_valid_until": until.isoformat()})
    ).status_code == 302
    user.refresh_from_db()
    assert (user.training_valid_until, user.confidentiality_signed_at) == (until, None)
    wrong = admin.post(path, {"what": "role", "role": "agency_owner"})
    assert wrong.status_code == 422
    assert user.memberships.get().role == "client_marketer"


def test_removal_is_asked_first(beta: Tenant, admin: Client) -> None:
    user = make_user(beta, Role.CLIENT_ANALYST)
    path = f"/team/{user.public_id}/remove/"
    assert "Доступ закроется сразу" in admin.get(path).content.decode()
    assert user.memberships.exists()
    assert admin.post(path).headers["Location"] == "/team/"
    assert not user.memberships.exists()


def test_own_removal_is_refused_in_words(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta, user=user)
    answer = client.post(f"/team/{user.public_id}/remove/", follow=True)
    assert "Свою роль сменить нельзя" in answer.content.decode()
    assert user.memberships.exists()


def test_member_of_another_company_is_not_found(beta: Tenant, admin: Client) -> None:
    other = make_user(Tenant.objects.get(schema_name="acme"), Role.CLIENT_ANALYST)
    assert admin.get(f"/team/{other.public_id}/").status_code == 404
    assert admin.post(f"/team/{other.public_id}/remove/").status_code == 404
    assert other.memberships.exists()


def test_matrix_is_readable_and_split_by_side(admin: Client) -> None:
    html = admin.get("/team/roles/?side=client").content.decode()
    assert "Финансы компании" in html
    assert "Владелец агентства" not in html
    assert html.count('<th scope="col" class="v">') == 8
    row = html.split("Подписывать итоги</td>")[1].split("</tr>")[0]
    assert row.count("#check") == 1


# ---- keys -----------------------------------------------------------------------------------


def test_token_is_in_one_answer_only_and_works(beta: Tenant, admin: Client) -> None:
    data = {"name": "Магазин", "scopes": ["orders:write"], "networks": "", "expires_on": ""}
    answer = admin.post("/settings/api-keys/new/", data)
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="token">([^<]+)<', answer.content.decode())
    assert found is not None
    key = ApiKey.objects.get(tenant=beta)
    prefix, _dot, secret = found[1].partition(".")
    assert prefix == key.prefix
    listing = admin.get("/settings/api-keys/").content.decode()
    assert key.prefix in listing
    assert secret not in listing


def test_key_without_permissions_is_refused(beta: Tenant, admin: Client) -> None:
    answer = admin.post("/settings/api-keys/new/", {"name": "x", "networks": "", "expires_on": ""})
    assert answer.status_code == 422
    bad = {"name": "x", "scopes": ["orders:write"], "networks": "here", "expires_on": ""}
    answer = admin.post("/settings/api-keys/new/", bad)
    assert "Напишите сети вида" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_key_is_revoked_after_a_question(beta: Tenant, admin: Client) -> None:
    key, _token = services.create_api_key(tenant=beta, name="Магазин", scopes=["orders:write"])
    path = f"/settings/api-keys/{key.public_id}/revoke/"
    assert "Отозвать ключ «Магазин»?" in admin.get(path).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None
    assert admin.post(path).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "Отозван" in admin.get("/settings/api-keys/").content.decode()


def test_key_of_another_company_is_not_found(beta: Tenant, admin: Client) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    key, _token = services.create_api_key(tenant=acme, name="x", scopes=["orders:write"])
    assert admin.post(f"/settings/api-keys/{key.public_id}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_agencys_keys_live_at_its_own_host(db: None) -> None:
    platform = Tenant.objects.get(schema_name="public")
    client = client_of(platform, Role.AGENCY_OWNER)
    html = client.get("/settings/api-keys/new/").content.decode()
    assert "companies:write" in html
    assert "customers:read" not in html


# ---- settings ---------------------------------------------------------------------------------

VALUES = {"name": "Beta Ltd", "legal_name": "Beta Limited", "address": "London",
          "timezone": "Europe/London", "assumed_margin": "35,25"}  # fmt: skip


def test_settings_are_saved(beta: Tenant, admin: Client) -> None:
    assert admin.post("/settings/", VALUES).status_code == 302
    beta.refresh_from_db()
    assert (beta.name, beta.legal_name, beta.assumed_margin_bp) == (
        "Beta Ltd",
        "Beta Limited",
        3525,
    )
    html = admin.get("/settings/").content.decode()
    assert 'value="35,25"' in html
    assert "<dd>£ (GBP)</dd>" in html


def test_reader_of_settings_cannot_write(beta: Tenant) -> None:
    client = client_of(beta, Role.CLIENT_DPO)
    html = client.get("/settings/").content.decode()
    assert "Ваша роль позволяет смотреть, но не менять" in html
    assert "Изменить могут" not in html  # nobody can yet
    make_user(beta, Role.CLIENT_ADMIN, is_active=False)
    keeper = make_user(beta, Role.CLIENT_ADMIN)
    html = client.get("/settings/").content.decode()
    assert f"Изменить могут: {keeper.name} (администратор компании)." in html
    assert client.post("/settings/", VALUES).status_code == 403
    beta.refresh_from_db()
    assert beta.name == "Beta"


def test_bad_settings_stand_at_their_fields(beta: Tenant, admin: Client) -> None:
    answer = admin.post("/settings/", {**VALUES, "timezone": "Moon/Base", "name": ""})
    assert answer.status_code == 422
    assert answer.content.decode().count('aria-invalid="true"') == 2
    beta.refresh_from_db()
    assert beta.name == "Beta"
