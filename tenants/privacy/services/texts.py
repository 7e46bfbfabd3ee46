"""Consent texts: drafted, checked, approved by the officer, published, never changed after."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.approvals.services import ask_approval
from tenants.audit.services import Actor, record
from tenants.privacy import drafting
from tenants.privacy.linting import Ground, lint
from tenants.privacy.models import ConsentText
from tenants.registers import selectors as registers

APPROVAL = "privacy.text"
Status = ConsentText.Status
EDITABLE = ("document", "title", "purposes", "channels", "topics", "brands", "label", "body",
            "pd_list", "actions", "methods", "recipients", "term", "term_months",
            "withdrawal_methods", "processors")  # fmt: skip


def ground() -> Ground:
    """What texts are measured with now: registers' operator and everybody who touches data."""
    now = clock.now()
    operator, standing = registers.operator(), registers.standing(now)
    return Ground(
        operator_name=operator.legal_name, operator_address=operator.address,
        brands=tuple(operator.brands), purposes=standing.purposes,
        processors=tuple((party.name, party.address) for party in registers.parties(now)),
    )  # fmt: skip


def save_text(
    *, values: Mapping[str, Any], actor: Actor, text: ConsentText | None = None
) -> ConsentText:
    """A draft, new or changed. Its problems do not hinder saving, only publishing.

    Args:
        values: of `EDITABLE`.

    Raises:
        Conflict: the text is published; make a new version of it.
    """
    with transaction.atomic():
        bulk.lock_tenant("consent-texts")
        if text is None:
            text = ConsentText()
        elif ConsentText.objects.values_list("status", flat=True).get(pk=text.pk) != Status.DRAFT:
            message = _("A published text is never changed. Make a new version.")
            raise Conflict(message, code="published")
        for name in EDITABLE:
            if name in values:
                setattr(text, name, values[name])
        if text.pk is None:
            text.version = _next_version(text)
        text.save()
        record(actor=actor, action="consent_text.saved", target=text,
               details={"version": text.version})  # fmt: skip
    return text


def _next_version(text: ConsentText) -> int:
    same = ConsentText.objects.filter(document=text.document, title=text.title)
    last = same.order_by("-version").values_list("version", flat=True).first()
    return (last or 0) + 1


def problems_of(text: ConsentText) -> list[Any]:
    return lint(text, ground())


def ask_publication(*, text: ConsentText, actor: Actor) -> None:
    """Asks the operator's officer. Raises: InvalidInput with every problem of the text."""
    _demand_clean(text)
    ask_approval(
        kind=APPROVAL, target=text, actor=actor, title=_("Publish: %(text)s") % {"text": text},
        after={_("At the box"): text.label, _("Text"): text.body, _("Term"): text.term},
        url=f"/consents/texts/{text.public_id}/",
    )  # fmt: skip


def decided(target_id: str, approved: bool) -> None:
    if approved:
        text = ConsentText.objects.get(pk=target_id)
        _publish(text, "approval")


def publish_text(*, text: ConsentText, actor: Actor) -> ConsentText:
    """By the officer's own hand; the older version of the same title is retired.

    Raises:
        InvalidInput: with every problem of the text.
        Conflict: it is published already.
    """
    _publish(text, actor.name)
    record(actor=actor, action="consent_text.published", target=text,
           details={"sha256": text.body_sha256, "version": text.version})  # fmt: skip
    return text


def _publish(text: ConsentText, by: str) -> None:
    with transaction.atomic():
        bulk.lock_tenant("consent-texts")
        text.refresh_from_db()
        if text.status != Status.DRAFT:
            raise Conflict(_("This text was published already."), code="published")
        _demand_clean(text)
        base, now = ground(), clock.now()
        text.operator_name, text.operator_address = base.operator_name, base.operator_address
        text.body_sha256 = digest(text)
        text.status, text.published_at, text.approved_by = Status.PUBLISHED, now, by
        text.save()
        older = ConsentText.objects.filter(
            document=text.document, title=text.title, status=Status.PUBLISHED
        )
        older.exclude(pk=text.pk).update(status=Status.RETIRED, retired_at=now)


def digest(text: ConsentText) -> str:
    """SHA-256 of what the person saw: the box and the document."""
    return hashlib.sha256(f"{text.label}\n\n{text.body}".encode()).hexdigest()


def _demand_clean(text: ConsentText) -> None:
    problems = problems_of(text)
    if problems:
        fields: dict[str, str] = {}
        for problem in problems:
            fields[problem.field] = " ".join(filter(None, [fields.get(problem.field),
                                                           problem.message]))  # fmt: skip
        raise InvalidInput(_("The text cannot be published yet."), fields=fields)


def new_version(*, text: ConsentText, actor: Actor) -> ConsentText:
    """A draft to change, with all that the older one says. Older records stay with the older."""
    values = {name: getattr(text, name) for name in EDITABLE}
    return save_text(values=values, actor=actor)


def draft_usual_texts(*, actor: Actor) -> list[ConsentText]:
    """Drafts for promotion, for choosing offers, and for advertising by e-mail and by SMS.

    Titles that are there already are left alone.

    Raises:
        InvalidInput: the registers do not name the operator or a brand yet.
    """
    base, operator = ground(), registers.operator()
    if not (base.operator_name and base.operator_address and base.brands):
        text = _("Fill in the operator's name, address and brands in the registers first.")
        raise InvalidInput(text)
    contact = drafting.Contact(operator.email_for_subjects, operator.address)
    drafts = [drafting.processing_text(code, base, contact)
              for code in ("PROMO_DIRECT", "PROMO_PROFILING")]  # fmt: skip
    drafts += [drafting.advertising_text(base.brands, [channel], base, contact)
               for channel in ("EMAIL", "SMS")]  # fmt: skip
    known = set(ConsentText.objects.values_list("document", "title"))
    return [save_text(values=each, actor=actor) for each in drafts
            if (each["document"], each["title"]) not in known]  # fmt: skip
