"""The demo's companies and people: made through the platform's own services."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from cvm_platform.common import clock
from cvm_platform.demo.papers import ensure_papers
from cvm_platform.demo.state import State, mark
from tenants.accounts.models import Membership, User
from tenants.accounts.services import add_membership, create_user
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import create_tenant, ensure_platform

_FILE = Path(__file__).parent / "data" / "companies.json"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class Company:
    """`settings` are the arguments of `create_tenant`."""

    slug: str
    settings: dict[str, Any]
    details: dict[str, str]
    people: tuple[Person, ...]

    @property
    def name(self) -> str:
        return str(self.settings["name"])


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in the demo, and the one password that opens it all."""

    password: str
    training_days: int
    agency: tuple[Person, ...]
    companies: dict[str, Company]


_DETAILS = ("legal_name", "address")


def read_cast() -> Cast:
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return Cast(
        password=data["password"],
        training_days=data["training_days"],
        agency=tuple(Person(**person) for person in data["agency"]),
        companies={row["slug"]: _company(row) for row in data["companies"]},
    )


def _company(row: dict[str, Any]) -> Company:
    people = tuple(Person(**person) for person in row.pop("people"))
    details = {name: row.pop(name) for name in _DETAILS}
    return Company(slug=row["slug"], settings=row, details=details, people=people)


def ensure_agency(cast: Cast) -> int:
    """The agency's own staff; returns how many people were new."""
    public = ensure_platform()
    made = 0
    for person in cast.agency:
        user, is_new = _ensure_user(person, User.Side.AGENCY, cast)
        made += is_new
        _ensure_membership(user, public, person.role)
    return made


def create_company(company: Company, cast: Cast) -> Tenant:
    """The tenant with its team, marked as being loaded, all or nothing."""
    with transaction.atomic():
        tenant = create_tenant(**company.settings)
        mark(company.slug, State.LOADING)
        Tenant.objects.filter(pk=tenant.pk).update(**company.details)
        tenant.refresh_from_db()
        ensure_papers(tenant, host=f"{company.slug}.example.org")
        for side, people in (
            (User.Side.AGENCY, cast.agency),
            (User.Side.CLIENT, company.people),
        ):
            for person in people:
                user, _is_new = _ensure_user(person, side, cast)
                _ensure_membership(user, tenant, person.role)
    return Tenant.objects.select_related("plan").get(pk=tenant.pk)


def _ensure_user(person: Person, side: str, cast: Cast) -> tuple[User, bool]:
    known = User.objects.filter(email__iexact=person.email).first()
    if known is not None:
        return known, False
    now = clock.now()
    user = create_user(
        email=person.email,
        name=person.name,
        side=side,
        password=cast.password,
        language=person.language,
        confidentiality_signed_at=now,
        training_valid_until=(now + timedelta(days=cast.training_days)).date(),
    )
    return user, True


def _ensure_membership(user: User, tenant: Tenant, role: str) -> None:
    if not Membership.objects.filter(user=user, tenant=tenant).exists():
        add_membership(user=user, tenant=tenant, role=role)
