from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput
from tenants.accounts import onboarding, services
from tenants.accounts.authentication import hash_secret
from tenants.accounts.contracts import CLIENT_ROLES, Permission, Role, Scope
from tenants.accounts.models import ApiKey, Membership, User
from tenants.accounts.permissions import AGENCY_NEVER, MATRIX
from tenants.accounts.selectors import roles_for, scopes_for
from tenants.accounts.services import By
from tenants.audit.models import AuditEntry
from tenants.tenancy.models import Tenant
from tests.factories.accounts import make_user


@pytest.fixture
def platform(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="public")


def trail(tenant: Tenant) -> list[tuple[str, str, dict[str, Any]]]:
    with schema_context(tenant.schema_name):
        entries = AuditEntry.objects.order_by("pk")
        return [(entry.action, entry.actor, entry.details) for entry in entries]


# ---- users ----------------------------------------------------------------------------------


def test_user_is_made_with_a_lower_case_address_and_without_a_password(db: None) -> None:
    user = services.create_user(email=" Anna@Shop.Example ", name=" Anna ", side="client")
    assert (user.email, user.name, user.has_usable_password()) == (
        "anna@shop.example", "Anna", False,
    )  # fmt: skip
    assert not user.may_work_with_personal_data(clock.now().date())


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"email": "anna"}, "email"), ({"name": "  "}, "name"), ({"side": "moon"}, "side")],
)
def test_user_with_bad_input_is_refused_at_the_field(
    db: None, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.create_user(
            **{"email": "a@shop.example", "name": "Anna", "side": "client", **changed}
        )
    assert list(refusal.value.fields) == [field]
    assert not User.objects.exists()


def test_address_is_unique_whatever_the_case(db: None) -> None:
    services.create_user(email="anna@shop.example", name="Anna", side="client")
    with pytest.raises(Conflict):
        services.create_user(email="ANNA@shop.example", name="Other", side="client")


# ---- memberships ------------------------------------------------------------------------------


def test_agency_user_works_in_several_tenants(beta: Tenant) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    user = make_user(acme, Role.AGENCY_MARKETER)
    services.add_membership(user=user, tenant=beta, role=Role.AGENCY_ANALYST)
    assert {row.tenant_id: row.role for row in user.memberships.all()} == {
        acme.pk: "agency_marketer", beta.pk: "agency_analyst",
    }  # fmt: skip
    assert trail(beta) == [("membership.added", "system", {"role": "agency_analyst"})]
    assert trail(acme) == []


def test_client_user_belongs_to_one_company(beta: Tenant) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    user = make_user(acme, Role.CLIENT_MARKETER)
    with pytest.raises(Conflict, match="другой компании"):
        services.add_membership(user=user, tenant=beta, role=Role.CLIENT_MARKETER)
    assert user.memberships.count() == 1


@pytest.mark.parametrize(
    ("side", "role"),
    [("agency", Role.CLIENT_ADMIN), ("client", Role.AGENCY_OWNER), ("client", "tsar"),
     ("agency", Role.CLIENT_DPO), ("client", Role.SRE)],
)  # fmt: skip
def test_role_of_the_other_side_is_refused(beta: Tenant, side: str, role: str) -> None:
    user = services.create_user(email="a@shop.example", name="Anna", side=side)
    with pytest.raises(InvalidInput) as refusal:
        services.add_membership(user=user, tenant=beta, role=role)
    assert list(refusal.value.fields) == ["role"]
    assert not Membership.objects.exists()


@pytest.mark.parametrize("side", ["agency", "client"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_viewer_and_auditor_may_be_of_either_side(beta: Tenant, side: str, role: Role) -> None:
    user = services.create_user(email="a@shop.example", name="Anna", side=side)
    assert services.add_membership(user=user, tenant=beta, role=role).role == role


def test_client_user_cannot_enter_the_agency(platform: Tenant) -> None:
    user = services.create_user(email="a@shop.example", name="Anna", side="client")
    with pytest.raises(InvalidInput):
        services.add_membership(user=user, tenant=platform, role=Role.VIEWER)


def test_invitation_makes_an_unknown_person_and_takes_a_known_one(beta: Tenant) -> None:
    by = By(make_user(beta, Role.AGENCY_OWNER))
    fresh = services.invite_member(
        tenant=beta, email="n@a.example", name="New", side="agency", role="agency_analyst", by=by
    )
    known = make_user(Tenant.objects.get(schema_name="acme"), Role.AGENCY_MARKETER)
    again = services.invite_member(
        tenant=beta, email=known.email.upper(), name="Ignored", side="agency",
        role="agency_marketer", by=by,
    )  # fmt: skip
    assert (fresh.is_new_user, again.is_new_user) == (True, False)
    assert again.membership.user == known
    assert by.user is not None
    assert [actor for _action, actor, _details in trail(beta)] == [f"user:{by.user.pk}"] * 2


def test_refused_invitation_leaves_no_user(beta: Tenant) -> None:
    with pytest.raises(InvalidInput):
        services.invite_member(
            tenant=beta, email="n@a.example", name="New", side="agency", role="client_admin",
            by=services.SYSTEM,
        )  # fmt: skip
    assert not User.objects.filter(email="n@a.example").exists()


def test_known_person_of_the_other_side_is_not_taken_over(beta: Tenant) -> None:
    services.create_user(email="n@a.example", name="New", side="client")
    with pytest.raises(Conflict):
        services.invite_member(
            tenant=beta, email="n@a.example", name="New", side="agency", role="agency_analyst",
            by=services.SYSTEM,
        )  # fmt: skip


def test_role_change_is_written_down_once(beta: Tenant) -> None:
    make_user(beta, Role.AGENCY_OWNER)
    membership = make_user(beta, Role.AGENCY_ANALYST).memberships.get()
    services.change_role(membership=membership, role=Role.AGENCY_MARKETER)
    services.change_role(membership=membership, role=Role.AGENCY_MARKETER)
    membership.refresh_from_db()
    assert membership.role == Role.AGENCY_MARKETER
    assert trail(beta) == [
        ("membership.changed", "system", {"role": "agency_marketer", "was": "agency_analyst"})
    ]


def test_nobody_changes_or_removes_himself(beta: Tenant) -> None:
    make_user(beta, Role.CLIENT_ADMIN)
    user = make_user(beta, Role.AGENCY_OWNER)
    membership = user.memberships.get()
    with pytest.raises(Forbidden):
        services.change_role(membership=membership, role=Role.AGENCY_ANALYST, by=By(user))
    with pytest.raises(Forbidden):
        services.remove_membership(membership=membership, by=By(user))
    membership.refresh_from_db()
    assert membership.role == Role.AGENCY_OWNER


def test_last_administrator_stays(beta: Tenant) -> None:
    only = make_user(beta, Role.CLIENT_ADMIN).memberships.get()
    with pytest.raises(Conflict):
        services.remove_membership(membership=only)
    with pytest.raises(Conflict):
        services.change_role(membership=only, role=Role.CLIENT_ANALYST)
    make_user(beta, Role.AGENCY_OWNER)
    services.remove_membership(membership=only)
    assert [row.role for row in Membership.objects.filter(tenant=beta)] == ["agency_owner"]


def test_training_opens_and_closes_the_door(beta: Tenant) -> None:
    user = services.create_user(email="a@shop.example", name="Anna", side="client")
    membership = services.add_membership(user=user, tenant=beta, role=Role.CLIENT_ADMIN)
    today = clock.now().date()
    assert not Membership.objects.open_on(today).exists()
    services.record_training(
        membership=membership, training_valid_until=today + timedelta(days=1), has_signed=True
    )
    assert Membership.objects.open_on(today).get() == membership
    assert not Membership.objects.open_on(today + timedelta(days=2)).exists()
    services.record_training(
        membership=membership, training_valid_until=today + timedelta(days=1), has_signed=False
    )
    assert not Membership.objects.open_on(today).exists()
    with pytest.raises(InvalidInput):
        services.record_training(
            membership=membership, training_valid_until=date(2020, 1, 1), has_signed=True
        )


# ---- keys -----------------------------------------------------------------------------------


def test_key_is_shown_once_and_kept_as_a_hash(beta: Tenant) -> None:
    key, token = services.create_api_key(
        tenant=beta, name=" Shop ", scopes=["orders:write", "events:write", "orders:write"],
        networks=["203.0.113.0/24", " ", "2001:db8::1"],
    )  # fmt: skip
    prefix, _dot, secret = token.partition(".")
    assert (key.name, key.prefix, key.scopes) == ("Shop", prefix, ["events:write", "orders:write"])
    assert key.networks == ["203.0.113.0/24", "2001:db8::1/128"]
    assert bytes(key.secret_hash) == hash_secret(secret)
    assert len(secret) >= 43
    assert trail(beta) == [
        ("api_key.created", "system", {"scopes": ["events:write", "orders:write"]})
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["companies:write"]}, "scopes"),
        ({"networks": ["203.0.113.1/24"]}, "networks"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
    ],
)
def test_bad_key_is_refused(beta: Tenant, changed: dict[str, Any], field: str) -> None:
    values: dict[str, Any] = {"name": "Shop", "scopes": ["orders:write"]}
    with pytest.raises(InvalidInput) as refusal:
        services.create_api_key(tenant=beta, **{**values, **changed})
    assert list(refusal.value.fields) == [field]
    assert not ApiKey.objects.exists()


def test_key_of_the_agency_opens_companies_only(platform: Tenant, beta: Tenant) -> None:
    assert set(scopes_for(platform)) == {Scope.COMPANIES_READ, Scope.COMPANIES_WRITE}
    assert set(scopes_for(beta)).isdisjoint(scopes_for(platform))
    with pytest.raises(InvalidInput):
        services.create_api_key(tenant=platform, name="x", scopes=["customers:read"])


def test_revoking_twice_keeps_the_first_time(beta: Tenant) -> None:
    key, _token = services.create_api_key(tenant=beta, name="Shop", scopes=["orders:write"])
    first = services.revoke_api_key(key=key).revoked_at
    assert services.revoke_api_key(key=key).revoked_at == first
    assert [action for action, _actor, _details in trail(beta)] == [
        "api_key.created", "api_key.revoked",
    ]  # fmt: skip


# ---- companies --------------------------------------------------------------------------------


def test_company_opens_with_its_creator_inside(platform: Tenant) -> None:
    user = make_user(platform, Role.AGENCY_OWNER)
    tenant = onboarding.open_company(by=By(user), slug="gamma", name="Gamma")
    assert Membership.objects.get(tenant=tenant).user == user
    assert Membership.objects.get(tenant=tenant).role == Role.AGENCY_OWNER
    assert trail(tenant) == [("membership.added", f"user:{user.pk}", {"role": "agency_owner"})]


def test_company_that_nobody_opened_gets_the_owners_of_the_agency(platform: Tenant) -> None:
    owner = make_user(platform, Role.AGENCY_OWNER)
    make_user(platform, Role.AGENCY_MARKETER)
    tenant = onboarding.open_company(by=services.SYSTEM, slug="gamma", name="Gamma")
    assert [row.user for row in Membership.objects.filter(tenant=tenant)] == [owner]


def test_person_outside_the_agency_opens_nothing(beta: Tenant) -> None:
    stranger = make_user(beta, Role.CLIENT_ADMIN)
    with pytest.raises(Forbidden):
        onboarding.open_company(by=By(stranger), slug="gamma", name="Gamma")
    assert not Tenant.objects.filter(schema_name="gamma").exists()


def test_settings_name_what_changed(beta: Tenant) -> None:
    values = {
        "name": "Beta Ltd", "legal_name": beta.legal_name, "address": "London",
        "timezone": beta.timezone, "assumed_margin_bp": 3500,
    }  # fmt: skip
    changed = onboarding.change_settings(tenant=beta, by=services.SYSTEM, **values)
    assert changed == ["name", "address", "assumed_margin_bp"]
    stored = Tenant.objects.get(pk=beta.pk)
    assert (stored.name, stored.address, stored.assumed_margin_bp) == ("Beta Ltd", "London", 3500)
    assert onboarding.change_settings(tenant=beta, by=services.SYSTEM, **values) == []
    assert trail(beta) == [("settings.changed", "system", {"fields": changed})]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"timezone": "Moon/Base"}, "timezone"),
        ({"assumed_margin_bp": 0}, "assumed_margin"),
        ({"assumed_margin_bp": 10_000}, "assumed_margin"),
    ],
)
def test_bad_settings_change_nothing(beta: Tenant, changed: dict[str, Any], field: str) -> None:
    values = {
        "name": "Other", "legal_name": "", "address": "", "timezone": "Europe/London",
        "assumed_margin_bp": None,
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        onboarding.change_settings(tenant=beta, by=services.SYSTEM, **{**values, **changed})
    assert list(refusal.value.fields) == [field]
    assert Tenant.objects.get(pk=beta.pk).name == "Beta"


# ---- the matrix -------------------------------------------------------------------------------


def test_agency_roles_never_see_personal_data_nor_sign() -> None:
    for role in roles_for(User.Side.AGENCY):
        assert MATRIX[role].isdisjoint(AGENCY_NEVER), role


def test_every_role_and_permission_is_in_the_matrix() -> None:
    assert set(MATRIX) == set(Role)
    assert frozenset().union(*MATRIX.values()) == set(Permission)
    assert {*roles_for("agency"), *roles_for("client")} == set(Role)


def test_only_people_of_the_company_sign() -> None:
    signing = {role for role, allowed in MATRIX.items() if Permission.RESULTS_SIGN in allowed}
    assert signing == {Role.CLIENT_FINANCE}
    assert signing <= CLIENT_ROLES
