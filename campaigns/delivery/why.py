"""Why this person was not written to, and what the gate would say of him now, channel by channel.

The answer is made by the very statement that decides when a message is sent.
"""

from dataclasses import dataclass
from datetime import datetime

from campaigns.delivery import contracts as c
from campaigns.delivery.contracts import Policy
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.models import Message
from campaigns.delivery.ruling import make_ruling
from campaigns.delivery.statements import rows_of
from campaigns.delivery.trust import demand_sound_chains
from campaigns.delivery.words import cure_of, label_of
from campaigns.experiments.selectors import global_layer
from cvm_platform.common import clock
from tenants.channel_law.contracts import CHANNELS
from tenants.tenancy.selectors import current_tenant

SHOWN = 10
# posts and networks write to nobody in particular
PERSONAL = tuple(code for code in CHANNELS if code not in {"PUBLIC_POST", "AD_NETWORK"})
_ONE = "SELECT %(customer)s::bigint AS customer_id"


@dataclass(frozen=True, slots=True)
class Past:
    """A message that was, or was not, sent; in words."""

    dispatch_id: int
    name: str
    at: datetime
    state: str
    code: str
    sentence: str
    cure: str


@dataclass(frozen=True, slots=True)
class Now:
    """What the gate would say of an advertisement through a channel at this moment.

    Args:
        details: of what holds for the whole company, in its own words; "" for the person's own.

    """

    channel: str
    label: str
    code: str
    sentence: str
    cure: str
    details: str = ""

    @property
    def is_allowed(self) -> bool:
        return not self.code


def past_of(customer_id: int, *, limit: int = SHOWN) -> list[Past]:
    """The last dispatches that had this person in their audience, the newest first."""
    found = (
        Message.objects.filter(customer_id=customer_id)
        .select_related("dispatch")
        .order_by("-created_at", "-dispatch_id")[:limit]
    )
    return [
        Past(
            each.dispatch_id, str(each.dispatch.content.get("subject", "")), each.created_at,
            each.state, each.reason, label_of(each.reason) if each.reason else "",
            cure_of(each.reason),
        )
        for each in found
    ]  # fmt: skip


def now_of(customer_id: int, *, is_advertising: bool = True) -> list[Now]:
    """Channel by channel; nothing is written, nothing is sent.

    Raises:
        Unreadable: a chain of consents is broken.
        DatabaseError: the facts cannot be read.
    """
    demand_sound_chains()
    layer = global_layer() if is_advertising else None
    return [
        _one(customer_id, Policy(is_advertising=is_advertising, channel=channel,
                                 global_layer=layer.pk if layer else None))
        for channel in PERSONAL
    ]  # fmt: skip


def _one(customer_id: int, policy: Policy) -> Now:
    tenant, now = current_tenant(), clock.now()
    ruling = make_ruling(policy, None, tenant=tenant, now=now)
    params = gate_params(policy, ruling, tenant=tenant, dispatch_id=0, now=now)
    rows = rows_of(
        classify_sql(policy, ruling).format(audience=_ONE), {**params, "customer": customer_id}
    )
    code = str(rows[0][4])
    return Now(
        policy.channel, str(CHANNELS[policy.channel]), code, label_of(code) if code else "",
        cure_of(code), ruling.blocked.get(code, ""),
    )  # fmt: skip


_VERIFIED = """
    SELECT EXISTS (SELECT FROM customers_contactpoint k
        LEFT JOIN privacy_adpermission p ON p.address_hmac = k.address_hmac
            AND p.customer_id = k.customer_id AND p.channel = %(channel)s
            AND p.verified_at IS NOT NULL AND p.status <> 'ADDRESS_CHANGED'
        WHERE k.customer_id = %(customer)s AND k.kind = %(kind)s AND k.status = 'active'
          AND (k.verified_at IS NOT NULL OR p.id IS NOT NULL))
"""


def channel_for_codes(customer_id: int) -> str:
    """Through which verified address a one-time code may reach this person, "" for none.

    A subscriber who refused all mailings at the mobile operator gets no SMS, codes included; then
    a code goes by letter, never by another sender's name.
    """
    open_now = {each.channel for each in now_of(customer_id, is_advertising=False)
                if each.is_allowed}  # fmt: skip
    for channel in (c.SMS, "MESSENGER_MAX", c.EMAIL):
        params = {"customer": customer_id, "channel": channel, "kind": c.ADDRESS_KINDS[channel]}
        if channel in open_now and rows_of(_VERIFIED, params)[0][0]:
            return channel
    return ""
