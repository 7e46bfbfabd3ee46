"""Consents that a row of a customer file carries: as columns with dates, or as one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics.sources.reading.values import Bad, Remembered
from cvm_platform.common.errors import InvalidInput
from tenants.customers.sealing import normalise_email, normalise_phone
from tenants.privacy.contracts import AD_PERMISSION, PD_CONSENT

_CHANNELS = {"EMAIL": normalise_email, "SMS": normalise_phone}
_DEFAULT_PURPOSE = "PROMO_DIRECT"


@dataclass(frozen=True, slots=True)
class ConsentDraft:
    """A consent before its customer has an id and its address a blind index."""

    document: str
    given_at: datetime
    purpose: str = ""
    channel: str = ""
    address: str = ""
    withdrawn_at: datetime | None = None
    method: str = "NONE"


def drafts_of(values: Mapping[str, str], dates: Remembered) -> list[ConsentDraft] | Bad:
    """All consents of a row, or the reason why the row cannot be taken."""
    if values.get("document"):
        draft = _document(values, dates)
        return draft if isinstance(draft, Bad) else [draft]
    method = values.get("method") or "NONE"
    drafts: list[ConsentDraft] = []
    for key, document, channel, address in (
        ("pd_consent_at", PD_CONSENT, "", ""),
        ("email_permission_at", AD_PERMISSION, "EMAIL", "email"),
        ("sms_permission_at", AD_PERMISSION, "SMS", "phone"),
    ):
        given = dates[values.get(key, "")]
        if isinstance(given, Bad):
            return given
        if given is None:
            continue
        drafts.append(
            ConsentDraft(
                document, given, _DEFAULT_PURPOSE if document == PD_CONSENT else "", channel,
                values.get(address, "") if address else "", None, method,
            )
        )  # fmt: skip
    return _checked(drafts)


def _document(values: Mapping[str, str], dates: Remembered) -> ConsentDraft | Bad:
    document = values["document"]
    if document not in {PD_CONSENT, AD_PERMISSION}:
        return Bad("bad_document")
    given, withdrawn = dates[values.get("given_at", "")], dates[values.get("withdrawn_at", "")]
    for date in (given, withdrawn):
        if isinstance(date, Bad):
            return date
    if given is None:
        return Bad("bad_date")
    draft = ConsentDraft(
        document, given, values.get("purpose") or _DEFAULT_PURPOSE, values.get("channel", ""),
        values.get("address") or values.get("email", ""), withdrawn,
        values.get("method") or "NONE",
    )  # fmt: skip
    checked = _checked([draft])
    return checked if isinstance(checked, Bad) else checked[0]


def _checked(drafts: list[ConsentDraft]) -> list[ConsentDraft] | Bad:
    for draft in drafts:
        if draft.document == PD_CONSENT:
            continue
        normalise = _CHANNELS.get(draft.channel)
        if normalise is None:
            return Bad("bad_channel")
        if not draft.address:
            return Bad("no_address")
        try:
            normalise(draft.address)
        except InvalidInput as error:
            return Bad(error.code)
    return drafts
