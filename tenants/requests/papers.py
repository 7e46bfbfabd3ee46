"""The part of an answer that is the same for everybody: article 14(7) from the registers."""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from tenants.registers import selectors as registers
from tenants.registers.contracts import Category, PdAction
from tenants.requests.contracts import Section
from tenants.tenancy.selectors import current_tenant


def operator_name() -> str:
    return registers.operator().legal_name or current_tenant().legal_name or current_tenant().name


def paper_sections() -> list[Section]:
    """Points of article 14(7) that are no data: who, why, how, how long, with whom, rights."""
    return [_operator(), _purposes(), _processors(), _abroad(), _rights(), _duties()]


def _operator() -> Section:
    said = registers.operator()
    rows = [
        (_("Operator"), operator_name()),
        (_("Address"), said.address or current_tenant().address),
        (_("Tax number"), said.inn),
        (_("Number in the regulator's registry"), said.rkn_number),
        (_("Answers for personal data"), said.dpo_name),
        (_("Where to write"), said.email_for_subjects or said.dpo_email),
        (_("Policy"), said.policy_url),
    ]
    return Section(
        "operator", _("Who processes your data"),
        head=(_("What"), _("Value")), rows=[row for row in rows if row[1]],
        note=_("We confirm that we process your personal data."),
    )  # fmt: skip


def _purposes() -> Section:
    rows = [
        (
            each.title, str(each.get_legal_basis_display()), _names(Category, each.pd_categories),
            _names(PdAction, each.actions), str(each.get_methods_display()), each.retention or "—",
        )
        for each in registers.purposes()
        if each.status == each.Status.ACTIVE
    ]  # fmt: skip
    return Section(
        "purposes", _("Why, on which ground, how and how long"),
        head=(_("Purpose"), _("Ground"), _("Data"), _("What is done"), _("How"), _("How long")),
        rows=rows,
    )  # fmt: skip


def _names(kind: type[Category] | type[PdAction], codes: Sequence[str]) -> str:
    labels = {str(code): str(label) for code, label in kind.choices}
    return ", ".join(labels.get(code, code) for code in codes)


def _processors() -> Section:
    rows = [(each.name, each.address) for each in registers.parties(clock.now())]
    return Section(
        "processors", _("Who works with your data for us"),
        head=(_("Name"), _("Address")), rows=rows,
        note="" if rows else _("Nobody but our own staff."),
    )  # fmt: skip


def _abroad() -> Section:
    places = [
        ", ".join(str(part) for part in (each.get("place"), each.get("country")) if part)
        for each in registers.operator().db_locations
    ]
    text = _("Your data are not transferred abroad.")
    if places:
        text = _("Databases are in: %(places)s.") % {"places": "; ".join(places)} + " " + text
    return Section("abroad", _("Cross-border transfer"), note=text)


def _rights() -> Section:
    said = registers.operator()
    where = said.email_for_subjects or said.dpo_email or said.address or current_tenant().address
    text = _(
        "You may learn what is kept about you, have it corrected, blocked or destroyed, withdraw "
        "a consent, stop advertising, object to an automatic decision, and complain to the "
        "regulator or to a court. Write to: %(where)s."
    )
    return Section("rights", _("Your rights"), note=text % {"where": where or operator_name()})


def _duties() -> Section:
    text = _(
        "As article 18.1 of 152-FZ demands: a person is appointed who answers for personal data, "
        "the policy is published, staff are trained and bound to secrecy, access is limited by "
        "roles, every action with personal data is logged, values are encrypted."
    )
    return Section("duties", _("How we keep our duties"), note=text)


def today() -> str:
    return date_format(clock.today(current_tenant().timezone), "d.m.Y")


def officer_name() -> str:
    return registers.operator().dpo_name
