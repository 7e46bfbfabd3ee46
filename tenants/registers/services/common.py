"""What the doors of the registers share."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from cvm_platform.common.errors import Forbidden, InvalidInput
from tenants.accounts.contracts import Permission
from tenants.accounts.permissions import allowed
from tenants.audit.services import SYSTEM, Actor


def invalid(name: str, text: str) -> InvalidInput:
    return InvalidInput(text, fields={name: text})


def changed_fields(row: Model, values: Mapping[str, Any]) -> list[str]:
    """Sets what differs and says what it was."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def demand_officer(actor: Actor) -> None:
    """A decision of the operator: its own officer's, never the agency's (152-FZ, article 6(4)).

    Raises: Forbidden.
    """
    if actor == SYSTEM or allowed(actor.role, Permission.PRIVACY_OVERSEE):
        return
    raise Forbidden(
        _("This is decided by the company's data protection officer."), code="officer_only"
    )


def known(name: str, given: Iterable[str], options: Iterable[str]) -> list[str]:
    """The chosen ones in the order of the options.

    Raises: InvalidInput: something else was chosen.
    """
    chosen, allowed_ones = set(given), list(options)
    if extra := chosen - set(allowed_ones):
        text = _("There is no “%(value)s” here.") % {"value": min(extra)}
        raise invalid(name, text)
    return [each for each in allowed_ones if each in chosen]
