"""Whose address it is: a letter with a link, or a code by SMS. Until then nothing is permitted.

38-FZ, article 18(1), and 126-FZ, article 44.1: a form that anybody may fill in proves nothing.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.privacy.contracts import CONFIRM_WITHIN
from tenants.privacy.models import AdPermission, Confirmation, ConsentRecord, Evidence
from tenants.privacy.registry import code_sender, tell_unconfirmed
from tenants.privacy.services.evidence import keep_evidence
from tenants.privacy.services.stopping import lift_suppression
from tenants.tenancy.keys import tenant_key
from tenants.tenancy.selectors import current_tenant

MOST_ATTEMPTS = 5
_DIGITS = 6
Kind = Confirmation.Kind
_CHANNEL = {Kind.DOI_EMAIL: "EMAIL", Kind.OTP_SMS: "SMS"}
_ACTIVATE_PERMISSIONS = """
WITH done AS (
    UPDATE privacy_adpermission p SET status = 'ACTIVE', doubt = '', identity_proof = %(proof)s,
        verified_at = %(now)s, evidence_id = %(evidence)s
    WHERE id = ANY(%(ids)s) AND status = 'PENDING' AND NOT EXISTS (
        SELECT FROM privacy_adpermission o WHERE o.customer_id = p.customer_id
        AND o.channel = p.channel AND o.address_hmac = p.address_hmac AND o.status = 'ACTIVE')
    RETURNING id, customer_id, channel
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, evidence_id,
    source)
SELECT %(now)s, 'AD_PERMISSION', id, customer_id, 'CONFIRMED', channel, %(evidence)s, %(proof)s
FROM done ORDER BY id
"""
_ACTIVATE_CONSENTS = """
WITH done AS (
    UPDATE privacy_consentrecord r SET status = 'ACTIVE', doubt = ''
    WHERE id = ANY(%(ids)s) AND status = 'PENDING_CONFIRMATION' AND NOT EXISTS (
        SELECT FROM privacy_consentrecord o WHERE o.customer_id = r.customer_id
        AND o.purpose = r.purpose AND o.status = 'ACTIVE')
    RETURNING id, customer_id, purpose
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, evidence_id,
    source)
SELECT %(now)s, 'PD_CONSENT', id, customer_id, 'CONFIRMED', purpose, %(evidence)s, %(proof)s
FROM done ORDER BY id
"""
_EXPIRE = """
WITH done AS (
    UPDATE {table} SET status = 'EXPIRED' WHERE id = ANY(%(ids)s) AND status = '{waiting}'
    RETURNING id, customer_id, {subject} AS subject
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, source)
SELECT %(now)s, '{document}', id, customer_id, 'EXPIRED', subject, 'unconfirmed'
FROM done ORDER BY id
"""


def token_of(confirmation: Confirmation) -> str:
    """What the link carries; made anew from the tenant's key, kept nowhere."""
    return _seal(f"link:{confirmation.public_id}")[:32].hex()


def _seal(text: str) -> bytes:
    return hmac.new(tenant_key(current_tenant(), "confirm"), text.encode(), sha256).digest()


def ask_confirmation(
    *,
    kind: str,
    customer_id: int,
    address_hmac: bytes,
    permission_ids: Sequence[int],
    consent_ids: Sequence[int] = (),
    is_new_person: bool = False,
) -> Confirmation:
    """Sends a letter or a code; what waits for it is named and becomes active together.

    The letter carries no advertising. An older question about the same address is over.

    Raises:
        Conflict: no channel for codes is connected.
    """
    now = clock.now()
    if kind == Kind.OTP_SMS and code_sender("SMS") is None:
        raise Conflict(_("No channel for codes is connected yet."), code="no_sender")
    with transaction.atomic():
        older = Confirmation.objects.filter(
            customer_id=customer_id, address_hmac=address_hmac, kind=kind,
            confirmed_at__isnull=True, expired_at__isnull=True,
        )  # fmt: skip
        older.update(expired_at=now)
        made = Confirmation(
            customer_id=customer_id, kind=kind, address_hmac=address_hmac,
            permission_ids=list(permission_ids), consent_ids=list(consent_ids),
            is_new_person=is_new_person, sent_at=now, expires_at=now + CONFIRM_WITHIN,
        )  # fmt: skip
        code = ""
        if kind == Kind.OTP_SMS:
            code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
            made.code_hmac = _seal(f"code:{made.public_id}:{code}")
        made.save()
    sender = code_sender("SMS")
    if kind == Kind.OTP_SMS and sender is not None:
        sender(customer_id, address_hmac, code)
    else:
        enqueue("privacy.mail_confirmation", confirmation_id=made.pk)
    return made


def waiting(public_id: UUID, token: str) -> Confirmation:
    """Raises NotFound for anything forged, over or unknown; says which of them to nobody."""
    found = Confirmation.objects.filter(public_id=public_id, expired_at__isnull=True).first()
    if found is None or not hmac.compare_digest(token_of(found), token):
        raise NotFound(_("This link is not valid any more."))
    if found.confirmed_at is None and found.expires_at <= clock.now():
        raise NotFound(_("This link is not valid any more."))
    return found


def confirm_by_link(
    *, public_id: UUID, token: str, ip: str | None, user_agent: str = ""
) -> Confirmation:
    """The owner of the address pressed the button. Pressing twice is once. Raises: NotFound."""
    found = waiting(public_id, token)
    return _confirm(
        found, ip, user_agent,
        {"mailed_at": found.sent_at.isoformat(), "clicked_at": clock.now().isoformat()},
    )  # fmt: skip


def confirm_by_code(
    *, public_id: UUID, code: str, ip: str | None, user_agent: str = ""
) -> Confirmation:
    """Raises: NotFound; InvalidInput for a wrong code; Conflict after the last attempt."""
    with transaction.atomic():
        rows = Confirmation.objects.select_for_update().filter(
            public_id=public_id, kind=Kind.OTP_SMS, expired_at__isnull=True
        )
        found = rows.first()
        if found is None or found.expires_at <= clock.now() or found.code_hmac is None:
            raise NotFound(_("This code is not valid any more. Ask for a new one."))
        if found.attempts >= MOST_ATTEMPTS:
            raise Conflict(_("Too many attempts. Ask for a new code."), code="attempts")
        Confirmation.objects.filter(pk=found.pk).update(attempts=found.attempts + 1)
    given = _seal(f"code:{found.public_id}:{code.strip()}")
    if not hmac.compare_digest(bytes(found.code_hmac), given):
        text = _("Wrong code.")
        raise InvalidInput(text, fields={"code": text})
    return _confirm(
        found, ip, user_agent,
        {"sent_at": found.sent_at.isoformat(), "entered_at": clock.now().isoformat(),
         "attempts": found.attempts + 1},
    )  # fmt: skip


def _confirm(
    found: Confirmation, ip: str | None, user_agent: str, details: Mapping[str, Any]
) -> Confirmation:
    with transaction.atomic():
        now = clock.now()
        if not Confirmation.objects.filter(pk=found.pk, confirmed_at__isnull=True).update(
            confirmed_at=now
        ):
            return found
        first = AdPermission.objects.filter(pk__in=found.permission_ids).first()
        evidence = keep_evidence(
            kind=Evidence.Kind.FORM, customer_id=found.customer_id, ip=ip, user_agent=user_agent,
            details={**details, "confirmation": str(found.public_id), "proof": found.kind,
                     "form_evidence": first.evidence_id if first else None},
        )  # fmt: skip
        shared = {"now": now, "evidence": evidence.pk, "proof": found.kind}
        bulk.run(_ACTIVATE_CONSENTS, shared | {"ids": found.consent_ids})
        bulk.run(_ACTIVATE_PERMISSIONS, shared | {"ids": found.permission_ids})
        lift_suppression(
            channel=_CHANNEL[Kind(found.kind)], address_hmac=bytes(found.address_hmac), since=now
        )
    found.refresh_from_db()
    return found


def expire_confirmations(*, now: datetime | None = None) -> int:
    """After 72 hours nothing waits any more; somebody known only by the form is destroyed."""
    moment, over = now or clock.now(), 0
    rows = Confirmation.objects.filter(
        confirmed_at__isnull=True, expired_at__isnull=True, expires_at__lte=moment
    )
    for each in rows.order_by("id").iterator():
        with transaction.atomic():
            if not rows.filter(pk=each.pk).update(expired_at=moment):
                continue
            _expire(each, moment)
            if each.is_new_person and not _has_anything(each.customer_id):
                tell_unconfirmed(each.customer_id)
            over += 1
    return over


def _expire(each: Confirmation, now: datetime) -> None:
    bulk.run(
        _EXPIRE.format(table="privacy_adpermission", waiting="PENDING", subject="channel",
                       document="AD_PERMISSION"),
        {"ids": each.permission_ids, "now": now},
    )  # fmt: skip
    bulk.run(
        _EXPIRE.format(table="privacy_consentrecord", waiting="PENDING_CONFIRMATION",
                       subject="purpose", document="PD_CONSENT"),
        {"ids": each.consent_ids, "now": now},
    )  # fmt: skip


def _has_anything(customer_id: int) -> bool:
    """Whether another document of this person stands or waits."""
    live = {"customer_id": customer_id, "status__in": ["ACTIVE", "PENDING", "PENDING_CONFIRMATION"]}
    return (
        AdPermission.objects.filter(**live).exists()
        or ConsentRecord.objects.filter(**live).exists()
    )
