"""What the company says about itself as operator, and what it has told the regulator."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from tenants.audit.services import Actor, record
from tenants.registers.contracts import HOME_COUNTRY
from tenants.registers.models import Operator
from tenants.registers.services.common import changed_fields, invalid
from tenants.registers.services.opening import open_if_complete
from tenants.registers.services.regulator import facts, watch_notice
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant

_URLS = ("policy_url", "protection_info_url", "recsys_notice_url", "recsys_rules_url")
_MAILS = ("email_for_subjects", "dpo_email", "recsys_email")
_INN_LENGTHS, _OGRN_LENGTHS = (10, 12), (13, 15)
EDITABLE = (
    "legal_name", "brands", "inn", "ogrn", "address", "email_for_subjects", "phone", "dpo_name",
    "dpo_phone", "dpo_email", "dpo_address", *_URLS, "rkn_number", "rkn_date", "db_locations",
    "subject_counts", "foreign_messenger_prohibited", "regulated", "recsys_email",
)  # fmt: skip


def save_operator(*, actor: Actor, **values: Any) -> list[str]:
    """Changes what is given; see EDITABLE.

    Returns:
        Names of the fields that changed.

    Raises:
        InvalidInput: an address, number or country cannot be right; nothing was changed.
    """
    given = {name: _clean(name, value) for name, value in values.items() if name in EDITABLE}
    _check(given)
    with transaction.atomic():
        Operator.objects.get_or_create(pk=1)
        row = Operator.objects.select_for_update().get(pk=1)
        changed = changed_fields(row, given)
        if not changed:
            return []
        row.updated_at = clock.now()
        row.save()
        _mirror(row)
        record(actor=actor, action="operator.changed", target=row, details={"fields": changed})
        watch_notice()
        open_if_complete()
    return changed


def note_notification(
    *, actor: Actor, number: str = "", on: date | None = None, day: date | None = None
) -> Operator:
    """The regulator has been told what is true now (152-FZ, article 22): the copy is renewed.

    Args:
        number, on: of the registry of operators, where they changed.
        day: when the notice was sent; today, when not given.
    """
    with transaction.atomic():
        Operator.objects.get_or_create(pk=1)
        row = Operator.objects.select_for_update().get(pk=1)
        row.notified = facts()
        row.notified_at = day or clock.today(current_tenant().timezone)
        row.rkn_number = number.strip() or row.rkn_number
        row.rkn_date = on or row.rkn_date
        row.save()
        record(actor=actor, action="operator.notified", target=row, details={"day": str(day or "")})
        watch_notice()
        open_if_complete()
    return row


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if name == "brands":
        return [each.strip() for each in value if each.strip()]
    return value


def _check(values: Mapping[str, Any]) -> None:
    for name in _URLS:
        _valid(
            name, values, URLValidator(schemes=["http", "https"]),
            _("Write the whole address, with https://."),
        )  # fmt: skip
    for name in _MAILS:
        _valid(name, values, EmailValidator(), _("This is no e-mail address."))
    for name, lengths in (("inn", _INN_LENGTHS), ("ogrn", _OGRN_LENGTHS)):
        number = values.get(name, "")
        if number and (not number.isdecimal() or len(number) not in lengths):
            text = _("%(one)d or %(two)d digits.") % {"one": lengths[0], "two": lengths[1]}
            raise invalid(name, text)
    if any(place.get("country") != HOME_COUNTRY for place in values.get("db_locations", ())):
        text = _("Databases of Russian citizens stand in Russia (152-FZ, article 18(5)).")
        raise invalid("db_locations", text)


def _valid(name: str, values: Mapping[str, Any], validate: Any, text: str) -> None:
    try:
        if values.get(name):
            validate(values[name])
    except ValidationError:
        raise invalid(name, text) from None


def _mirror(row: Operator) -> None:
    """The platform's own table shows the same name and address."""
    tenant = current_tenant()
    Tenant.objects.filter(pk=tenant.pk).update(legal_name=row.legal_name, address=row.address)
    tenant.legal_name, tenant.address = row.legal_name, row.address
