"""Who is in and who is out: the very gate of the sending, asked before it, once for everybody.

Its answers stand in a temporary table until the end of the transaction. The draw, the counts, the
history and at last the recipients are all taken from there, so they cannot differ by a moment.
"""

from dataclasses import replace

import numpy as np

from campaigns.broadcasts.models import Broadcast
from campaigns.channels.models import MessageClass
from campaigns.delivery.content import content_of
from campaigns.delivery.contracts import LOCAL_CONTROL, REASONS, Policy, Ruling
from campaigns.delivery.facts import ByTable
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.ruling import make_ruling
from campaigns.delivery.services import Audience
from campaigns.delivery.statements import execute, rows_of
from campaigns.experiments import selectors as experiments
from campaigns.experiments import services as draws
from campaigns.experiments.columns import write_columns
from campaigns.experiments.contracts import Population
from campaigns.experiments.draws import Draw
from campaigns.segments.selectors import base_size
from cvm_platform.common import bulk, clock
from tenants.tenancy.selectors import current_tenant

_MEMBERS = "SELECT customer_id FROM segments_segmentmember WHERE segment_id = %(segment)s"
# Looking each person up costs about three times as much as reading every table once, a person.
_WHOLE_FROM, _WHOLE_SHARE = 20_000, 4
# What is asked after the draw concerns both arms alike: caps and quiet hours keep nobody out of it.
_OPEN = ("", *REASONS[REASONS.index(LOCAL_CONTROL) + 1 :])


def layer_code(broadcast: Broadcast) -> str:
    return f"exp-{broadcast.pk}"


def policy_of(broadcast: Broadcast) -> Policy:
    """Before the draw: the global group is known, the campaign's own is not."""
    template = broadcast.template
    is_advertising = template is None or template.message_class == MessageClass.ADVERTISING
    layer = experiments.global_layer() if is_advertising else None
    return Policy(
        is_advertising=is_advertising, global_layer=layer.pk if layer else None,
        channel=broadcast.channel, brand=broadcast.brand, topic=broadcast.topic,
    )  # fmt: skip


def ruling_of(broadcast: Broadcast, policy: Policy) -> Ruling:
    """What the sending would say now of everybody; of the letter only when there is one."""
    template, sender = broadcast.template, broadcast.sender
    content = content_of(template, sender) if template and sender else None
    return make_ruling(policy, content, tenant=current_tenant(), now=clock.now())


def with_layer(policy: Policy, layer_id: int) -> Policy:
    """After the draw."""
    return replace(policy, local_layer=layer_id)


def judge(broadcast: Broadcast, policy: Policy, *, size: int) -> None:
    """Asks the gate about everybody of the segment, the silent too; for this transaction.

    Args:
        policy: without the campaign's own layer.
        size: members of the segment, which decides how it is quicker to ask.
    """
    ruling = ruling_of(broadcast, policy)
    gate = gate_params(policy, ruling, tenant=current_tenant(), dispatch_id=0, now=clock.now())
    params = {**gate, "segment": broadcast.segment_id}
    execute("DROP TABLE IF EXISTS pg_temp.judged", {})
    statement = (
        "CREATE TEMP TABLE judged ON COMMIT DROP AS SELECT g.customer_id, g.reason FROM ({gate}) g"
    )
    if size >= _WHOLE_FROM and size * _WHOLE_SHARE >= base_size():
        with bulk.one_pass():
            execute(statement.format(gate=_filled(classify_sql(policy, ruling, ByTable()))), params)
    else:
        execute(statement.format(gate=_filled(classify_sql(policy, ruling))), params)
    execute("ANALYZE judged", {})


def _filled(gate: str) -> str:
    return gate.format(audience=_MEMBERS)


def audience() -> Audience:
    """Everybody who was judged: each of them is counted with a reason."""
    return Audience("SELECT customer_id FROM judged", {})


def eligible() -> Population:
    """Whom the campaign's draw is about: everybody who may be written to by facts known before."""
    return Population(
        "SELECT customer_id FROM judged WHERE reason = ANY(%(open)s)", {"open": list(_OPEN)}
    )


def draw_of(broadcast: Broadcast, policy: Policy) -> Draw | None:
    """The campaign's control group, not yet written down; None when it has none."""
    if not policy.is_advertising or not broadcast.control_bp:
        return None
    return draws.preview_local(
        code=layer_code(broadcast), control_bp=broadcast.control_bp, population=eligible()
    )


def count_reasons(draw: Draw | None) -> dict[str, int]:
    """People by reason in the gate's order, "" for those who get the letter."""
    if draw is None:
        found = dict(rows_of("SELECT reason, count(*) FROM judged GROUP BY reason", {}))
    else:
        found = _with_control(draw)
    return {code: found[code] for code in ["", *REASONS] if found.get(code)}


def _with_control(draw: Draw) -> dict[str, int]:
    """Who is control fails for that, before what is asked after it."""
    ids = draw.customer_ids[draw.control]
    execute("DROP TABLE IF EXISTS pg_temp.silent", {})
    execute("CREATE TEMP TABLE silent (customer_id bigint, control bigint) ON COMMIT DROP", {})
    write_columns("silent", {"customer_id": ids, "control": np.ones(ids.size, np.int64)})
    with bulk.one_pass():
        rows = rows_of(
            "SELECT j.reason, count(*), count(s.control) FROM judged j "
            "LEFT JOIN silent s ON s.customer_id = j.customer_id GROUP BY j.reason",
            {},
        )
    found = {reason: people - silent for reason, people, silent in rows}
    return {**found, LOCAL_CONTROL: sum(silent for _reason, _people, silent in rows)}
