"""What a request's documents say: the package of article 14(7), its copy as JSON, letters."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.pdf import Document
from tenants.audit.contracts import Action, ProcessingRow
from tenants.audit.services import SYSTEM, log_processing
from tenants.erasure.words import categories_in_words
from tenants.requests import papers, registry
from tenants.requests.contracts import Section
from tenants.requests.models import RequestEvent, RequestFile, SubjectRequest
from tenants.requests.sealing import applicant_of
from tenants.tenancy.selectors import current_tenant

Kind = RequestFile.Kind


def content_of(row: RequestFile) -> bytes:
    """The open document, in the language that is active."""
    if row.kind == Kind.ACCESS:
        data = sections_of(row.request)
        if row.format == RequestFile.Format.JSON:
            return as_json(row.request, data)
        return _access_letter(row.request, data)
    letters = {
        Kind.RECTIFY: _rectify_letter, Kind.REFUSAL: _refusal_letter,
        Kind.EXTENSION: _extension_letter, Kind.ANSWER: _answer_letter,
    }  # fmt: skip
    return letters[Kind(row.kind)](row.request)


def sections_of(request: SubjectRequest) -> list[Section]:
    """All that is kept about the person of the request, from every app; nobody else's."""
    customer_id = request.customer_id
    if customer_id is None:
        return []
    found = [
        section for exporter in registry.exporters() for section in exporter.export([customer_id])
    ]
    log_processing(
        rows=[
            ProcessingRow(
                actor=SYSTEM, action=Action.EXPORT, object_type="request",
                object_id=str(request.pk), subject_id=customer_id,
                categories=[section.name for section in found], basis="152-FZ 14(7)",
            )
        ]
    )  # fmt: skip
    return found


def as_json(request: SubjectRequest, data: list[Section]) -> bytes:
    """{request, made_at, operator, papers: [section], data: [section]}; rows are objects."""
    body = {
        "request": request.pk, "made_at": clock.now().isoformat(timespec="seconds"),
        "operator": papers.operator_name(),
        "papers": [_plain(section) for section in papers.paper_sections()],
        "data": [_plain(section) for section in data],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _plain(section: Section) -> dict[str, Any]:
    return {
        "name": section.name, "title": section.title, "note": section.note,
        "source": section.source, "columns": list(section.head),
        "rows": [list(row) for row in section.rows],
    }  # fmt: skip


def _letter(request: SubjectRequest, title: str) -> Document:
    applicant = applicant_of(request)
    zone = ZoneInfo(current_tenant().timezone)
    received = f"{request.received_at.astimezone(zone):%d.%m.%Y}"
    text = _("No. %(number)s, %(today)s. To your request received on %(received)s.")
    document = Document(
        title, text % {"number": request.pk, "today": papers.today(), "received": received}
    )
    document.paragraph(papers.operator_name())
    if applicant.name:
        document.paragraph(_("To: %(name)s") % {"name": applicant.name})
    return document


def _sign(document: Document) -> bytes:
    document.signature(_("Answers for personal data"), papers.officer_name())
    return document.content()


def _put(document: Document, section: Section) -> None:
    document.heading(section.title)
    if section.note:
        document.paragraph(section.note)
    if section.rows:
        document.table(list(section.head), section.rows)
    elif section.head:
        document.paragraph(_("Nothing is kept."))
    if section.source:
        document.small(_("Source: %(source)s") % {"source": section.source})


def _access_letter(request: SubjectRequest, data: list[Section]) -> bytes:
    document = _letter(request, _("What is kept about you"))
    for section in papers.paper_sections():
        _put(document, section)
    for section in data:
        _put(document, section)
    return _sign(document)


def _corrected(request: SubjectRequest) -> RequestEvent | None:
    return request.events.filter(kind="corrected").order_by("-id").first()


def _rectify_letter(request: SubjectRequest) -> bytes:
    document = _letter(request, _("Your data are corrected"))
    step = _corrected(request)
    fields = ", ".join(_field(name) for name in (step.details.get("fields", []) if step else []))
    document.paragraph(
        _("By article 20(3) of 152-FZ we corrected: %(fields)s.") % {"fields": fields or "—"}
    )
    notices = list(request.notices.all())
    if notices:
        document.paragraph(_("These recipients of your data are told of it:"))
        document.table(
            [_("Recipient"), _("Told on")],
            [(row.recipient, f"{row.notified_at:%d.%m.%Y}" if row.notified_at else _("not yet"))
             for row in notices],
        )  # fmt: skip
    else:
        document.paragraph(_("Your data were not given to anybody else."))
    return _sign(document)


def _field(name: str) -> str:
    names = {
        "first": _("first name"), "last": _("last name"), "middle": _("middle name"),
        "email": _("e-mail"), "phone": _("phone"),
    }  # fmt: skip
    return str(names.get(name, name))


def _refusal_letter(request: SubjectRequest) -> bytes:
    document = _letter(request, _("Refusal"))
    ground = request.refusal_ground or "________"
    text = _("We refuse your request. Ground: %(ground)s of 152-FZ.")
    document.paragraph(text % {"ground": ground})
    document.paragraph(_("You may complain to the regulator or to a court (article 17 of 152-FZ)."))
    return _sign(document)


def _extension_letter(request: SubjectRequest) -> bytes:
    document = _letter(request, _("Notice of a longer term"))
    zone = ZoneInfo(current_tenant().timezone)
    text = _("The answer will come by %(due)s. Reason: %(reason)s")
    document.paragraph(
        text % {"due": f"{request.due_at.astimezone(zone):%d.%m.%Y}",
                "reason": request.extension_reason}
    )  # fmt: skip
    return _sign(document)


def _answer_letter(request: SubjectRequest) -> bytes:
    document = _letter(request, _("Answer to your request"))
    if request.effective_at is not None:
        zone = ZoneInfo(current_tenant().timezone)
        text = _("What you asked for is in effect since %(at)s.")
        document.paragraph(text % {"at": f"{request.effective_at.astimezone(zone):%d.%m.%Y %H:%M}"})
    if request.remaining:
        document.paragraph(_("These data stay, and only for this:"))
        document.table(
            [_("Ground"), _("Data"), _("Until")],
            remaining_rows(request),
        )
    for row in request.notices.all():
        if row.notified_at is not None:
            document.paragraph(
                _("%(recipient)s is told: %(proof)s.")
                % {"recipient": row.recipient, "proof": row.proof}
            )
    return _sign(document)


def remaining_rows(request: SubjectRequest) -> list[tuple[str, str, str]]:
    """Ground, data and term of what stays."""
    return [
        (each["why"], categories_in_words(each["fields"]), each["until"][:10] or "—")
        for each in request.remaining
    ]
