"""Stops: each of its own kind and scope, in effect when the call returns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import ContactPoint
from tenants.privacy.contracts import (
    HAND_OVER,
    PROMOTION_PURPOSES,
    REASONS,
    WHOLE_STOPS,
    StopKind,
)
from tenants.privacy.models import AdPermission, Channel, ConsentRecord, StopEvent
from tenants.privacy.registry import tell_stop
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

DESTROY_DAYS = 30  # 152-FZ, article 21(5)
_STATUS: Mapping[str, str] = {
    StopKind.OPERATOR_REFUSAL: AdPermission.Status.OPERATOR_REFUSED,
    StopKind.ADDRESS_CHANGED: AdPermission.Status.ADDRESS_CHANGED,
}
# an address of this kind belongs to these channels
_CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": (Channel.EMAIL,),
    "phone": (Channel.SMS, Channel.CALL_HUMAN, Channel.CALL_MASS, Channel.MAX, Channel.TELEGRAM,
              Channel.WHATSAPP),
}  # fmt: skip
_REVOKE = """
WITH ended AS (
    UPDATE privacy_adpermission SET status = %(status)s, revoked_at = %(now)s,
        revoke_source = %(source)s
    WHERE status IN ('ACTIVE', 'PENDING') AND {which}
    RETURNING id, customer_id, channel
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, stop_id,
    source)
SELECT %(now)s, 'AD_PERMISSION', id, customer_id, 'WITHDRAWN', channel, %(stop)s, %(source)s
FROM ended ORDER BY id
"""
_WITHDRAW = """
WITH ended AS (
    UPDATE privacy_consentrecord SET status = 'WITHDRAWN', withdrawn_at = %(now)s
    WHERE status IN ('ACTIVE', 'PENDING_CONFIRMATION') AND customer_id = %(customer)s
        AND (purpose = ANY(%(purposes)s) OR %(all)s)
    RETURNING id, customer_id, purpose
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, stop_id,
    source)
SELECT %(now)s, 'PD_CONSENT', id, customer_id, 'WITHDRAWN', purpose, %(stop)s, %(source)s
FROM ended ORDER BY id
"""
_SUPPRESS = """
INSERT INTO privacy_suppression (channel, address_hmac, reason, since, stop_id)
SELECT u.channel, u.hmac, %(reason)s, %(now)s, %(stop)s
FROM unnest(%(channels)s::text[], %(hmacs)s::bytea[]) AS u (channel, hmac)
ON CONFLICT (channel, address_hmac, reason)
DO UPDATE SET until = NULL, since = EXCLUDED.since, stop_id = EXCLUDED.stop_id
WHERE privacy_suppression.until IS NOT NULL
"""
Address = tuple[str, bytes]  # channel, blind index


class _NothingNew(Exception):  # takes the transaction back
    """The stop was known."""


def stop(
    *,
    kind: str,
    customer_id: int | None,
    source: str,
    channel: str = "",
    address_hmac: bytes = b"",
    purposes: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    received_at: datetime | None = None,
    received_by: str = "",
    request_id: int | None = None,
    only_news: bool = False,
) -> StopEvent:
    """Somebody said stop. Nothing more is sent from the moment this is committed.

    CHANNEL_UNSUBSCRIBE, SPAM_COMPLAINT, OPERATOR_REFUSAL, HARD_BOUNCE and ADDRESS_CHANGED end the
    permission for one address of one channel. HARD_OPT_OUT_VERBAL does for calls, or for all
    advertising without a channel. PROMOTION_STOP_15_2 ends all permissions and the consents to
    promotion; CONSENT_WITHDRAWAL_9_2 the named purposes (all, when none is named) and, when
    promotion is among them, the permissions; PROCESSING_STOP_21_5_1 every consent.

    Args:
        source: ONE_CLICK, LINK, REPLY_STOP, CALL, EMAIL_TO_DPO, PAPER, FBL, API, STAFF, BOUNCE.
        purposes: codes, of CONSENT_WITHDRAWAL_9_2.
        received_at: when it reached anybody; now, when not given.
        only_news: undo it all when it changes nothing (see `stop_channel`).

    Raises:
        InvalidInput: a stop of a channel without its address, or of a person without an id.
    """
    current_tenant()
    with transaction.atomic():  # a stop waits for no load, only for a window being handed over
        bulk.lock_tenant(HAND_OVER)
        now = clock.now()
        addresses = _addresses(kind, customer_id, channel, address_hmac)
        event = StopEvent.objects.create(
            customer_id=customer_id, kind=kind, channel=channel, purposes=list(purposes),
            source=source[:20], received_at=received_at or now, received_by=received_by,
            effective_at=now, request_id=request_id, details=dict(details or {}),
            destroy_by=_destroy_by(kind, received_at or now),
        )  # fmt: skip
        if kind in WHOLE_STOPS:
            _withdraw(event, purposes)
        if addresses or _ends_promotion(kind, purposes):
            changed = _revoke(event, addresses, whole=_is_whole(kind, channel))
            changed += _suppress(event, addresses)
            if only_news and not changed:
                raise _NothingNew
        found = tell_stop(event, [hmac for _channel, hmac in addresses])
        if found:
            event.in_flight = found
            event.save(update_fields=["in_flight"])
    return event


def stop_channel(
    *,
    customer_id: int | None,
    channel: str,
    address_hmac: bytes,
    source: str,
    kind: str = StopKind.CHANNEL_UNSUBSCRIBE,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """One channel, one address, from a link or a machine that may say it many times.

    The gate reads permission and suppression in the statement that claims a message, so the next
    message is already held back. Saying stop twice is one stop.

    Returns:
        Whether this was news.
    """
    try:
        stop(kind=kind, customer_id=customer_id, channel=channel, address_hmac=address_hmac,
             source=source, details=details, only_news=True)  # fmt: skip
    except _NothingNew:
        return False
    return True


def _is_whole(kind: str, channel: str) -> bool:
    return kind in WHOLE_STOPS or (kind == StopKind.HARD_OPT_OUT_VERBAL and not channel)


def _ends_promotion(kind: str, purposes: Sequence[str]) -> bool:
    if kind == StopKind.CONSENT_WITHDRAWAL_9_2:
        return not purposes or bool(PROMOTION_PURPOSES.intersection(purposes))
    return kind in WHOLE_STOPS


def _addresses(
    kind: str, customer_id: int | None, channel: str, address_hmac: bytes
) -> list[Address]:
    """What is to be suppressed: the address named, or every address of the person."""
    if _is_whole(kind, channel):
        if customer_id is None and not address_hmac:
            text = "A stop of all advertising needs a customer or an address."
            raise InvalidInput(text, fields={"customer": text})
        if customer_id is None:
            return [(each, address_hmac) for each in _channels_of(channel)]
        return _all_addresses(customer_id)
    if not channel or not address_hmac:
        text = "A stop of a channel needs the channel and the address."
        raise InvalidInput(text, fields={"channel": text})
    return [(channel, address_hmac)]


def _channels_of(channel: str) -> Iterable[str]:
    for group in _CHANNELS.values():
        if channel in group:
            return group
    return (channel or Channel.EMAIL,)


def _all_addresses(customer_id: int) -> list[Address]:
    points = ContactPoint.objects.filter(customer_id=customer_id)
    found = {
        (channel, bytes(hmac))
        for kind, hmac in points.values_list("kind", "address_hmac")
        for channel in _CHANNELS.get(kind, ())
    }
    permitted = AdPermission.objects.filter(customer_id=customer_id)
    found |= {
        (channel, bytes(hmac)) for channel, hmac in permitted.values_list("channel", "address_hmac")
    }
    return sorted(found)


def _withdraw(event: StopEvent, purposes: Sequence[str]) -> None:
    chosen = list(purposes)
    if event.kind == StopKind.PROMOTION_STOP_15_2:
        chosen = sorted(PROMOTION_PURPOSES)
    if event.customer_id is not None:
        bulk.run(
            _WITHDRAW,
            {"now": event.effective_at, "customer": event.customer_id, "purposes": chosen,
             "all": not chosen, "stop": event.pk, "source": event.source},
        )  # fmt: skip


def _revoke(event: StopEvent, addresses: Sequence[Address], *, whole: bool) -> int:
    params: dict[str, Any] = {
        "status": _STATUS.get(event.kind, AdPermission.Status.REVOKED), "now": event.effective_at,
        "source": event.source, "stop": event.pk,
    }  # fmt: skip
    if whole and event.customer_id is not None:
        which = "customer_id = %(customer)s"
        params["customer"] = event.customer_id
    else:
        which = "channel = ANY(%(channels)s) AND address_hmac = ANY(%(hmacs)s)"
        params |= _columns(addresses)
    return bulk.run(_REVOKE.format(which=which), params)


def _suppress(event: StopEvent, addresses: Sequence[Address]) -> int:
    if not addresses:
        return 0
    return bulk.run(
        _SUPPRESS,
        {"reason": REASONS[event.kind], "now": event.effective_at, "stop": event.pk,
         **_columns(addresses)},
    )  # fmt: skip


def _columns(addresses: Sequence[Address]) -> dict[str, list[Any]]:
    return {"channels": [each for each, _hmac in addresses],
            "hmacs": [hmac for _channel, hmac in addresses]}  # fmt: skip


def _destroy_by(kind: str, received_at: datetime) -> date | None:
    if kind != StopKind.CONSENT_WITHDRAWAL_9_2:
        return None
    zone = ZoneInfo(current_tenant().timezone)
    return work_calendar().calendar_term(received_at.astimezone(zone).date(), DESTROY_DAYS).last_day


def lift_suppression(*, channel: str, address_hmac: bytes, since: datetime) -> int:
    """The owner of the address has just confirmed a fresh permission: older refusals are over.

    A dead address stays dead. Returns how many refusals ended.
    """
    return bulk.run(
        "UPDATE privacy_suppression SET until = %(now)s WHERE channel = %(channel)s "
        "AND address_hmac = %(hmac)s AND until IS NULL AND since < %(now)s "
        "AND reason <> 'hard_bounce'",
        {"now": since, "channel": channel, "hmac": address_hmac},
    )


def active_consents(customer_id: int) -> list[str]:
    """Purposes that a customer's consent still stands for."""
    found = ConsentRecord.objects.filter(customer_id=customer_id, status="ACTIVE")
    return sorted(found.values_list("purpose", flat=True))
