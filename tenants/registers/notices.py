"""Drafts of the two notices about a leak (order 187 of Roskomnadzor), always in Russian.

A fact that is not known yet is said to be not known: missing facts do not stop a notice.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from cvm_platform.common.pdf import Document
from tenants.registers import selectors
from tenants.registers.contracts import Category
from tenants.registers.models import LeakIncident
from tenants.tenancy.selectors import current_tenant

Rows = list[tuple[str, str]]


def _when(moment: datetime | None) -> str:
    if moment is None:
        return _("being found out")
    zone = ZoneInfo(current_tenant().timezone)
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M} ({zone.key})"


def _known(value: object) -> str:
    return _("being found out") if value in {None, ""} else str(value)


def _operator_rows() -> Rows:
    said = selectors.operator()
    return [
        (_("Operator"), _known(said.legal_name)),
        (_("Address"), _known(said.address)),
        (_("INN, OGRN"), ", ".join(each for each in (said.inn, said.ogrn) if each) or _known("")),
        (_("Number in the registry of operators"), _known(said.rkn_number)),
        (_("E-mail for people's requests"), _known(said.email_for_subjects)),
    ]


def _event_rows(row: LeakIncident) -> Rows:
    categories = ", ".join(str(Category(each).label) for each in row.pd_categories)
    people, ids = row.affected_subjects, row.affected_identifiers
    return [
        (_("Noticed at"), _when(row.detected_at)),
        (_("Noticed by"), str(row.get_detected_by_display())),
        (_("What happened"), _known(row.source_text)),
        (_("Categories of data"), _known(categories)),
        (_("People concerned"), _known(people)),
        (_("Identifiers concerned"), _known(ids)),
        (_("Special categories or biometrics"), _("yes") if row.special_categories else _("no")),
        (_("How current the data is"), _known(row.data_actuality)),
    ]


def _contact_rows(row: LeakIncident) -> Rows:
    return [
        (_("Contact person"), _known(row.contact_name)),
        (_("Phone"), _known(row.contact_phone)),
        (_("E-mail"), _known(row.contact_email)),
    ]


def primary_rows(row: LeakIncident) -> list[tuple[str, Rows]]:
    """Headings and lines of the notice that is due in 24 hours."""
    with translation.override("ru"):
        return [
            (_("Operator"), _operator_rows()),
            (_("What happened"), _event_rows(row)),
            (
                _("Causes, harm, measures"),
                [
                    (_("Presumed causes"), _known(row.causes)),
                    (_("Presumed harm to people's rights"), _known(row.harm)),
                    (_("Measures taken"), _known(row.measures)),
                ],
            ),
            (_("Whom to talk to"), _contact_rows(row)),
        ]


def additional_rows(row: LeakIncident) -> list[tuple[str, Rows]]:
    """Headings and lines of the notice that is due in 72 hours."""
    with translation.override("ru"):
        first = [
            (_("Primary notice sent at"), _when(row.primary_sent_at)),
            (_("Its number"), _known(row.primary_number)),
        ]
        return [
            (_("Operator"), [*_operator_rows(), *first]),
            (_("What happened"), _event_rows(row)),
            (
                _("Results of the internal investigation"),
                [
                    (_("What was found"), _known(row.results)),
                    (_("Persons whose actions led to it"), _known(row.culprits)),
                    (_("Measures after it"), _known(row.measures_after)),
                ],
            ),
            (_("Whom to talk to"), _contact_rows(row)),
        ]


def primary_notice(row: LeakIncident) -> Document:
    with translation.override("ru"):
        title = _("Primary notice of an incident with personal data")
    return _document(title, primary_rows(row), row)


def additional_notice(row: LeakIncident) -> Document:
    with translation.override("ru"):
        title = _("Additional notice: results of the investigation of an incident")
    return _document(title, additional_rows(row), row)


def _document(title: str, parts: Sequence[tuple[str, Rows]], row: LeakIncident) -> Document:
    with translation.override("ru"):
        paper = Document(title, _("Draft, 152-FZ, article 21(3.1)"))
        for heading, rows in parts:
            paper.heading(heading)
            paper.pairs(rows)
        paper.signature(_("For the operator"), row.contact_name)
    return paper
