"""var/demo.json: the addresses and logins that `manage.py up` prints, "{port}" for the port."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from cvm_platform.demo.companies import Cast
from tenants.accounts.contracts import Role

# one look at each side of the product; everybody else is on the team pages
_SHOWN = (Role.CLIENT_MARKETER, Role.CLIENT_FINANCE, Role.CLIENT_DPO)


def summary_of(cast: Cast) -> dict[str, Any]:
    """logins: url, email, password, role in words, name of the company, title of the line."""
    first = cast.agency[0]
    logins = [_login(settings.BASE_DOMAIN, first.email, cast.password, first.role, "")]
    for company in cast.companies.values():
        host = f"{company.slug}.{settings.BASE_DOMAIN}"
        logins += [
            _login(host, person.email, cast.password, person.role, company.name)
            for person in company.people
            if person.role in _SHOWN
        ]
    everybody = [
        *(_person(person.email, person.role, "") for person in cast.agency),
        *(
            _person(person.email, person.role, company.slug)
            for company in cast.companies.values()
            for person in company.people
        ),
    ]
    return {"password": cast.password, "logins": logins, "people": everybody}


def write_summary(cast: Cast, folder: Path) -> Path:
    """Written whole or not at all: a reader never sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "demo.json"
    draft = target.with_suffix(".json.new")
    draft.write_text(json.dumps(summary_of(cast), ensure_ascii=False, indent=2), encoding="utf-8")
    draft.replace(target)
    return target


def _login(host: str, email: str, password: str, role: str, company: str) -> dict[str, str]:
    return {
        "url": f"{settings.PUBLIC_SCHEME}://{host}:{{port}}/",
        "email": email,
        "password": password,
        "role": role.replace("_", " "),
        "company": company,
    }


def _person(email: str, role: str, company: str) -> dict[str, str]:
    return {"email": email, "role": role, "company": company}
