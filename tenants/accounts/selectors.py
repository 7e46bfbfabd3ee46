"""Reading who may do what where."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from cvm_platform.common import clock
from tenants.accounts.contracts import (
    AGENCY_ROLES,
    AGENCY_SCOPES,
    CLIENT_ROLES,
    Permission,
    Role,
    Scope,
)
from tenants.accounts.models import ApiKey, Membership, User
from tenants.accounts.permissions import MATRIX
from tenants.tenancy.models import Tenant

_EITHER = (Role.VIEWER, Role.AUDITOR)
KEEPERS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Member:
    membership: Membership
    # empty when the door is open
    obstacle: str


def roles_for(side: str) -> list[Role]:
    """The roles that a user of this side may hold, in the order of the matrix."""
    own = AGENCY_ROLES if side == User.Side.AGENCY else CLIENT_ROLES
    return [role for role in Role if role in own or role in _EITHER]


def _obstacle(user: User) -> str:
    if not user.is_active:
        return "inactive"
    if user.confidentiality_signed_at is None:
        return "unsigned"
    if not user.may_work_with_personal_data(clock.now().date()):
        return "untrained"
    return ""


_TEAM_SORTS = {
    "side": ("user__side", "user__name"), "name": ("user__name",), "new": ("-created_at",),
    "training": ("user__training_valid_until",),
}  # fmt: skip


def members_of(
    tenant: Tenant, *, query: str = "", role: str = "", sort: str = "side"
) -> QuerySet[Membership]:
    """Memberships by a part of the name or address, and by role."""
    rows = Membership.objects.filter(tenant=tenant).select_related("user")
    if query:
        rows = rows.filter(Q(user__name__icontains=query) | Q(user__email__icontains=query))
    if role:
        rows = rows.filter(role=role)
    return rows.order_by(*_TEAM_SORTS.get(sort, _TEAM_SORTS["side"]), "pk")


def member_of(row: Membership) -> Member:
    """A row with what keeps its holder out."""
    return Member(row, _obstacle(row.user))


def keepers_of(tenant: Tenant, permission: Permission) -> list[Membership]:
    """Those with an open door who may do this: whom somebody without the right asks."""
    roles = [role for role, rights in MATRIX.items() if permission in rights]
    return list(
        Membership.objects.open_on(clock.now().date())
        .filter(tenant=tenant, role__in=roles)
        .select_related("user")
        .order_by("user__side", "user__name", "pk")[:KEEPERS_SHOWN]
    )


def find_member(tenant: Tenant, public_id: UUID) -> Membership | None:
    return (
        Membership.objects.filter(tenant=tenant, user__public_id=public_id)
        .select_related("user", "tenant")
        .first()
    )


def scopes_for(tenant: Tenant) -> list[Scope]:
    """A key of the agency opens companies, a key of a company works inside it."""
    is_agency = tenant.kind == Tenant.Kind.PLATFORM
    return [scope for scope in Scope if (scope in AGENCY_SCOPES) == is_agency]


def api_keys_of(tenant: Tenant) -> QuerySet[ApiKey]:
    """Working keys first, the newest first."""
    return (
        ApiKey.objects.filter(tenant=tenant)
        .select_related("created_by")
        .order_by("revoked_at", "-created_at")
    )


def home_tenant_of(user: User) -> Tenant | None:
    """The one company of a client's person; None for the agency's."""
    if user.side != User.Side.CLIENT:
        return None
    membership = Membership.objects.filter(user=user).select_related("tenant").first()
    return membership.tenant if membership else None


def matrix_rows(roles: list[Role]) -> list[tuple[Permission, list[bool]]]:
    return [
        (permission, [permission in MATRIX[role] for role in roles]) for permission in Permission
    ]
