"""A form is filled in: evidence first, then pending documents, then the question to the owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.audit.services import Actor, record
from tenants.customers.contracts import CustomerRow
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.customers.selectors import customer_ids_by_contact
from tenants.customers.services import upsert_customers
from tenants.privacy.contracts import FORM_FIELDS, PD_CONSENT
from tenants.privacy.linting import label_problem
from tenants.privacy.models import (
    AdPermission,
    Confirmation,
    ConsentEvent,
    ConsentForm,
    ConsentRecord,
    ConsentText,
    Evidence,
)
from tenants.privacy.registry import code_sender
from tenants.privacy.services.confirming import ask_confirmation
from tenants.privacy.services.evidence import keep_evidence
from tenants.privacy.services.proving import expiry
from tenants.tenancy.selectors import current_tenant

Status = ConsentForm.Status
_SOURCE = "form"
_ADDRESS = {"EMAIL": "email", "SMS": "phone"}
_ASKS = {"EMAIL": Confirmation.Kind.DOI_EMAIL, "SMS": Confirmation.Kind.OTP_SMS}


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody sent, and how it was shown.

    Args:
        values: by field name.
        ticked: ids of the texts whose boxes were ticked.
        snapshot: the form's HTML as it was shown.
    """

    values: Mapping[str, str]
    ticked: Sequence[int]
    url: str = ""
    snapshot: str = ""
    ip: str | None = None
    user_agent: str = ""


@dataclass(slots=True)
class Submission:
    """What became of it; `asked` are the questions to the owners of the addresses."""

    customer_id: int
    asked: list[Confirmation] = field(default_factory=list)


def save_form(
    *, values: Mapping[str, Any], actor: Actor, form: ConsentForm | None = None
) -> ConsentForm:
    """A draft, or a change of one. An open form that is changed becomes a draft of the next
    version: what people saw before stays with their evidence.

    Args:
        values: name, title, intro, fields (names of `FORM_FIELDS`), controls ([{text,
            is_required}]).
    """
    with transaction.atomic():
        chosen = form or ConsentForm()
        for name in ("name", "title", "intro", "fields", "controls"):
            if name in values:
                setattr(chosen, name, values[name])
        if form is not None and form.status == Status.PUBLISHED:
            chosen.version, chosen.status = form.version + 1, Status.DRAFT
        chosen.save()
        record(actor=actor, action="consent_form.saved", target=chosen)
    return chosen


def form_problems(form: ConsentForm) -> dict[str, str]:
    """What hinders opening the form, by field (REQ: one box, one document, none of them forced)."""
    problems: dict[str, str] = {}
    unknown = set(form.fields) - set(FORM_FIELDS)
    if unknown:
        problems["fields"] = _("These data are not needed for the purpose: %(names)s.") % {
            "names": ", ".join(sorted(unknown))}  # fmt: skip
    texts = texts_of(form)
    if len(texts) != len(form.controls):
        problems["controls"] = _("Every box needs a published text of its own.")
    for text, is_required in texts:
        found = _control_problem(form, text, is_required=is_required)
        if found:
            problems["controls"] = found
    return problems


def _control_problem(form: ConsentForm, text: ConsentText, *, is_required: bool) -> str:
    if label_problem(text.label):
        return label_problem(text.label)
    if text.document != PD_CONSENT and is_required:
        return _("Nobody may be forced to agree to advertising: the box cannot be required.")
    for channel in text.channels:
        needed = _ADDRESS.get(channel)
        if needed and needed not in form.fields:
            return _("The form does not ask for the address that “%(text)s” is about.") % {
                "text": text.title}  # fmt: skip
    return ""


def texts_of(form: ConsentForm) -> list[tuple[ConsentText, bool]]:
    """The published texts behind the boxes, in their order."""
    found = ConsentText.objects.in_bulk([each["text"] for each in form.controls])
    return [
        (found[each["text"]], bool(each.get("is_required")))
        for each in form.controls
        if each["text"] in found and found[each["text"]].status != ConsentText.Status.DRAFT
    ]


def publish_form(*, form: ConsentForm, actor: Actor) -> ConsentForm:
    """Raises: InvalidInput with every problem; nothing is published then."""
    problems = form_problems(form)
    if problems:
        raise InvalidInput(_("The form cannot be opened yet."), fields=problems)
    form.status, form.published_at = Status.PUBLISHED, clock.now()
    form.save(update_fields=["status", "published_at"])
    record(actor=actor, action="consent_form.published", target=form)
    return form


def submit_form(*, form: ConsentForm, filled: Filled) -> Submission:
    """Takes the form. Without a ticked box it succeeds all the same: nobody is forced.

    A known person's data are not changed by whoever fills in a form: only the owner's
    confirmation counts, and until it comes nothing is permitted.

    Raises:
        Conflict: the form is not open.
        InvalidInput: by field.
    """
    if form.status != Status.PUBLISHED:
        raise Conflict(_("This form is closed."), code="closed")
    texts = texts_of(form)
    chosen = [text for text, _required in texts if text.pk in set(filled.ticked)]
    missing = [text for text, required in texts if required and text not in chosen]
    if missing:
        message = _("Please read and tick: %(text)s") % {"text": missing[0].title}
        raise InvalidInput(message, fields={f"text_{missing[0].pk}": message})
    row = _row(form, filled, chosen)
    with transaction.atomic():
        bulk.lock_tenant("form")
        customer_id, is_new = _person(row)
        made = Submission(customer_id)
        consents, permissions = _write(form, filled, chosen, customer_id, _hmacs(row))
        for channel, (address, ids) in permissions.items():
            if channel == "SMS" and code_sender("SMS") is None:
                continue  # stays pending: nothing carries codes yet
            made.asked.append(
                ask_confirmation(
                    kind=_ASKS[channel], customer_id=customer_id, address_hmac=address,
                    permission_ids=ids, consent_ids=consents, is_new_person=is_new,
                )
            )  # fmt: skip
    return made


def _row(form: ConsentForm, filled: Filled, chosen: Sequence[ConsentText]) -> CustomerRow:
    values: dict[str, Any] = {
        name: filled.values.get(name, "").strip()[:200] for name in form.fields
    }
    problems: dict[str, str] = {}
    for name, normalise in (("email", normalise_email), ("phone", normalise_phone)):
        try:
            values[name] = normalise(values[name]) if values.get(name) else ""
        except InvalidInput as error:
            problems[name] = str(error)
    for text in chosen:
        for channel in text.channels:
            needed = _ADDRESS.get(channel, "")
            if needed and not values.get(needed):
                problems[needed] = _("Needed for what you ticked.")
    if not (values.get("email") or values.get("phone")) and not problems:
        problems["email" if "email" in form.fields else "phone"] = _("Leave an address.")
    if problems:
        raise InvalidInput(_("Please check the form."), fields=problems)
    return CustomerRow(**values)


def _person(row: CustomerRow) -> tuple[int, bool]:
    known = customer_ids_by_contact(email=row.email, phone=row.phone)
    if known:
        return known[0], False
    report = upsert_customers(rows=[row], source=_SOURCE, by_subject=True)
    found = report.customer_ids[0]
    if found is None:
        raise InvalidInput(report.problems[0].message)
    return found, True


def _hmacs(row: CustomerRow) -> dict[str, bytes]:
    vault = Vault(current_tenant())
    found = {"EMAIL": vault.email_hmac(row.email)} if row.email else {}
    return found | ({"SMS": vault.phone_hmac(row.phone)} if row.phone else {})


def _write(
    form: ConsentForm,
    filled: Filled,
    chosen: Sequence[ConsentText],
    customer_id: int,
    hmacs: Mapping[str, bytes],
) -> tuple[list[int], dict[str, tuple[bytes, list[int]]]]:
    """Evidence and pending documents: ids of consents, and by channel address and permissions."""
    controls = [
        {"id": f"text_{text.pk}", "label": text.label, "default": False, "final": text in chosen}
        for text, _required in texts_of(form)
    ]
    consents: list[int] = []
    permissions: dict[str, tuple[bytes, list[int]]] = {}
    for text in chosen:
        evidence = keep_evidence(
            kind=Evidence.Kind.FORM, customer_id=customer_id, text=text, ip=filled.ip,
            user_agent=filled.user_agent, form_url=filled.url, form_version=form.version,
            snapshot=filled.snapshot, controls=controls,
        )  # fmt: skip
        if text.document == PD_CONSENT:
            consents.append(_pending_consent(customer_id, text, evidence))
        for channel in text.channels:
            if channel in hmacs:
                pending = _pending_permission(customer_id, channel, hmacs[channel], text, evidence)
                permissions.setdefault(channel, (hmacs[channel], []))[1].append(pending)
    return consents, permissions


def _pending_consent(customer_id: int, text: ConsentText, evidence: Evidence) -> int:
    now = clock.now()
    row = ConsentRecord.objects.create(
        customer_id=customer_id, purpose=text.purposes[0], status=ConsentRecord.Status.PENDING,
        given_at=now, expires_at=expiry(text, now), source=_SOURCE, text_id=text.pk,
        evidence_id=evidence.pk,
    )  # fmt: skip
    _note(PD_CONSENT, row.pk, customer_id, text.purposes[0], evidence.pk)
    return row.pk


def _pending_permission(
    customer_id: int, channel: str, hmac: bytes, text: ConsentText, evidence: Evidence
) -> int:
    now = clock.now()
    row = AdPermission.objects.create(
        customer_id=customer_id, channel=channel, address_hmac=hmac, given_at=now,
        status=AdPermission.Status.PENDING, expires_at=expiry(text, now), brands=text.brands,
        topics=text.topics, text_id=text.pk, evidence_id=evidence.pk,
        details={"source": _SOURCE},
    )  # fmt: skip
    _note("AD_PERMISSION", row.pk, customer_id, channel, evidence.pk)
    return row.pk


def _note(document: str, pk: int, customer_id: int, subject: str, evidence_id: int) -> None:
    ConsentEvent.objects.create(
        at=clock.now(), document=document, record_id=pk, customer_id=customer_id,
        kind=ConsentEvent.Kind.ASKED, subject=subject, evidence_id=evidence_id, source=_SOURCE,
    )  # fmt: skip
