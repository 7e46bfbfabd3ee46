"""The one door to users, memberships and API keys."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_network
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput
from tenants.accounts import registry, selectors
from tenants.accounts.authentication import PREFIX_LENGTH, hash_secret
from tenants.accounts.contracts import Role
from tenants.accounts.models import ApiKey, Membership, User
from tenants.tenancy.models import Tenant

_SECRET_BYTES = 32
# who may hand out and take away which roles: nobody lifts himself above what he has
_OWNERS = (Role.AGENCY_OWNER, Role.CLIENT_ADMIN)


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, from where; None is the system (a command, the demo)."""

    user: User | None = None
    ip: str | None = None


SYSTEM = By()


def _invalid(field: str, text: str) -> InvalidInput:
    return InvalidInput(text, fields={field: text})


def create_user(
    *,
    email: str,
    name: str,
    side: str,
    password: str | None = None,
    language: str = "ru",
    confidentiality_signed_at: datetime | None = None,
    training_valid_until: date | None = None,
) -> User:
    """A person who can log in; without a password only by a set-password link.

    Raises:
        InvalidInput: the address or the name cannot be used.
        Conflict: somebody has this address.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise _invalid("email", _("Write a full e-mail address, like name@company.ru.")) from None
    if not name.strip():
        raise _invalid("name", _("Write the person's name."))
    if side not in User.Side.values:
        raise _invalid("side", _("Choose the agency or the client company."))
    if User.objects.filter(email__iexact=address).exists():
        text = _("There is a user with this address already.")
        raise Conflict(text, fields={"email": text})
    user = User(
        email=address, name=name.strip(), side=side, language=language,
        confidentiality_signed_at=confidentiality_signed_at,
        training_valid_until=training_valid_until,
    )  # fmt: skip
    user.set_password(password)
    user.save()
    return user


def _check_role(user: User, role: str, tenant: Tenant) -> Role:
    if role not in selectors.roles_for(user.side):
        text = _("This role is not for people of this side.")
        raise _invalid("role", text)
    if tenant.kind == Tenant.Kind.PLATFORM and user.side != User.Side.AGENCY:
        raise _invalid("role", _("Only agency staff may work in the agency."))
    return Role(role)


@transaction.atomic
def add_membership(*, user: User, tenant: Tenant, role: str, by: By = SYSTEM) -> Membership:
    """Lets the user into the tenant.

    Raises:
        InvalidInput: the role is not for this side.
        Conflict: already in, or a client's person who has a company.
    """
    chosen = _check_role(user, role, tenant)
    # one row of the user is locked, so that two invitations at once cannot both pass
    User.objects.select_for_update().get(pk=user.pk)
    others = Membership.objects.filter(user=user)
    if others.filter(tenant=tenant).exists():
        text = _("This person is in the team already.")
        raise Conflict(text, fields={"email": text})
    if user.side == User.Side.CLIENT and others.exists():
        text = _("This person belongs to another company. One address works in one company.")
        raise Conflict(text, fields={"email": text})
    membership = Membership.objects.create(user=user, tenant=tenant, role=chosen)
    _tell(by, tenant, "membership.added", membership, {"role": str(chosen)})
    return membership


@dataclass(frozen=True, slots=True)
class Invitation:
    membership: Membership
    is_new_user: bool


@transaction.atomic
def invite_member(
    *, tenant: Tenant, email: str, name: str, side: str, role: str, by: By
) -> Invitation:
    """Adds a known person or makes a new one. Signing and training are recorded separately.

    Raises:
        InvalidInput, Conflict: see `create_user` and `add_membership`; nothing was made.
    """
    known = User.objects.filter(email__iexact=email.strip()).first()
    if known is not None and known.side != side:
        text = _("There is a user with this address on the other side.")
        raise Conflict(text, fields={"email": text})
    user = known or create_user(email=email, name=name, side=side)
    membership = add_membership(user=user, tenant=tenant, role=role, by=by)
    return Invitation(membership, is_new_user=known is None)


def _guard_owner(membership: Membership, by: By) -> None:
    """The last owner or administrator stays, and nobody takes away his own role."""
    if by.user is not None and by.user.pk == membership.user_id:
        raise Forbidden(_("You cannot change your own role. Ask another administrator."))
    if membership.role not in _OWNERS:
        return
    rest = Membership.objects.filter(tenant=membership.tenant, role__in=_OWNERS)
    if not rest.exclude(pk=membership.pk).exists():
        raise Conflict(_("This is the last administrator here. Appoint another one first."))


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: By = SYSTEM) -> Membership:
    """Gives the member another role.

    Raises:
        InvalidInput, Conflict, Forbidden: the role, the last administrator or oneself.
    """
    chosen = _check_role(membership.user, role, membership.tenant)
    Tenant.objects.select_for_update().get(pk=membership.tenant_id)
    if chosen == membership.role:
        return membership
    _guard_owner(membership, by)
    was, membership.role = membership.role, chosen
    membership.save(update_fields=["role"])
    _tell(by, membership.tenant, "membership.changed", membership,
          {"role": str(chosen), "was": was})  # fmt: skip
    return membership


@transaction.atomic
def remove_membership(*, membership: Membership, by: By = SYSTEM) -> None:
    """Closes the door; the user and everything he did stay.

    Raises:
        Conflict, Forbidden: the last administrator, or oneself.
    """
    Tenant.objects.select_for_update().get(pk=membership.tenant_id)
    _guard_owner(membership, by)
    _tell(by, membership.tenant, "membership.removed", membership, {"role": membership.role})
    membership.delete()


@transaction.atomic
def record_training(
    *, membership: Membership, training_valid_until: date, has_signed: bool, by: By = SYSTEM
) -> User:
    """What article 18.1 of 152-FZ asks of everybody who works with personal data.

    Raises:
        InvalidInput: the date is past.
    """
    if training_valid_until < clock.now().date():
        raise _invalid("training_valid_until", _("The date is past. Write a date to come."))
    user = membership.user
    user.training_valid_until = training_valid_until
    if has_signed and user.confidentiality_signed_at is None:
        user.confidentiality_signed_at = clock.now()
    elif not has_signed:
        user.confidentiality_signed_at = None
    user.save(update_fields=["training_valid_until", "confidentiality_signed_at"])
    _tell(by, membership.tenant, "membership.training", membership,
          {"valid_until": training_valid_until.isoformat(), "has_signed": has_signed})  # fmt: skip
    return user


def _networks(lines: Sequence[str]) -> list[str]:
    try:
        return [str(ip_network(line.strip())) for line in lines if line.strip()]
    except ValueError:
        text = _("Write networks like 203.0.113.0/24 or single addresses, one per line.")
        raise _invalid("networks", text) from None


@transaction.atomic
def create_api_key(
    *,
    tenant: Tenant,
    name: str,
    scopes: Sequence[str],
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    by: By = SYSTEM,
) -> tuple[ApiKey, str]:
    """The key and its token `<prefix>.<secret>`, which is never shown again.

    Raises:
        InvalidInput: name, scopes, networks or term cannot be used.
    """
    if not name.strip():
        raise _invalid("name", _("Name the integration that will use the key."))
    if not scopes or set(scopes) - {str(scope) for scope in selectors.scopes_for(tenant)}:
        raise _invalid("scopes", _("Choose at least one permission."))
    if expires_at is not None and expires_at <= clock.now():
        raise _invalid("expires_at", _("The date is past. Write a date to come."))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey.objects.create(
        tenant=tenant, name=name.strip(), prefix=secrets.token_hex(PREFIX_LENGTH // 2),
        secret_hash=hash_secret(secret), scopes=sorted(set(scopes)), networks=_networks(networks),
        created_by=by.user, expires_at=expires_at,
    )  # fmt: skip
    _tell(by, tenant, "api_key.created", key, {"scopes": key.scopes})
    return key, f"{key.prefix}.{secret}"


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: By = SYSTEM) -> ApiKey:
    """From now on the key opens nothing; revoking twice keeps the first time."""
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    if locked.revoked_at is None:
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        _tell(by, locked.tenant, "api_key.revoked", locked, {})
    return locked


def _tell(by: By, tenant: Tenant, action: str, target: Any, details: dict[str, Any]) -> None:
    registry.tell(registry.Change(tenant, by.user, action, target, details, by.ip))
