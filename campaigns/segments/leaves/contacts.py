"""Whom we may write to: the lasting part of the send gate.

The one address that would be written to (working, the primary one before others), permission to
advertise to that very address, verified as the customer's own (38-FZ, article 18), consent to
processing for promotion in force (152-FZ), and no stop of the address. Control groups, frequency
caps and quiet hours are decided at sending.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoiceField
from campaigns.segments.registry import Build, Leaf, Words, register

CHANNELS: dict[str, str | Promise] = {"EMAIL": gettext_lazy("by e-mail")}
CONTACT_KINDS = {"EMAIL": "email"}
PURPOSE = "PROMO_DIRECT"

# EXISTS, not joins: equal customer and equal address depend on each other, which the planner does
# not know; it would expect one row of a join and loop over whatever comes next.
_REACHABLE = """SELECT cp.customer_id FROM customers_contactpoint cp
WHERE {whose}cp.kind = {kind} AND cp.status = {works} AND EXISTS (
SELECT FROM privacy_adpermission ap WHERE ap.customer_id = cp.customer_id
AND ap.address_hmac = cp.address_hmac AND ap.channel = {channel} AND ap.status = {in_force}
AND ap.verified_at IS NOT NULL AND ap.identity_proof <> {unproved}) AND EXISTS (
SELECT FROM privacy_consentrecord co WHERE co.customer_id = cp.customer_id
AND co.purpose = {purpose} AND co.status = {in_force}
AND (co.expires_at IS NULL OR co.expires_at > {as_of})) AND NOT EXISTS (
SELECT FROM privacy_suppression su WHERE su.channel = {channel}
AND su.address_hmac = cp.address_hmac AND (su.until IS NULL OR su.until > {as_of})) AND NOT EXISTS (
SELECT FROM customers_contactpoint better WHERE better.customer_id = cp.customer_id
AND better.kind = {kind} AND better.status = {works}
AND (better.is_primary, -better.id) > (cp.is_primary, -cp.id))"""


def _compile(node: Node, build: Build) -> Predicate:
    values = {
        "channel": node["channel"],
        "kind": CONTACT_KINDS[node["channel"]],
        "in_force": "ACTIVE",
        "unproved": "NONE",
        "purpose": PURPOSE,
        "works": "active",
        "as_of": build.as_of,
    }
    named = {name: build.param(value) for name, value in values.items()}
    reachable = " ".join(_REACHABLE.split())
    return build.among(
        reachable.format(whose="", **named) + " GROUP BY cp.customer_id",
        reachable.format(whose="cp.customer_id = c.id AND ", **named),
    )


def _describe(node: Node, _words: Words) -> str:
    return _("may be written to %(channel)s") % {"channel": CHANNELS[node["channel"]]}


register(
    Leaf(
        name="contactable",
        title=gettext_lazy("May be written to"),
        menu=gettext_lazy("Contact"),
        fields=(
            ChoiceField(
                "channel",
                gettext_lazy("may be written to"),
                choices=lambda: list(CHANNELS.items()),
            ),
        ),
        compile=_compile,
        describe=_describe,
        start={"channel": "EMAIL"},
    )
)
