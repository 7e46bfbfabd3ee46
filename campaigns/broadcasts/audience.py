"""Who is in and who is out: the very gate of the sending, asked before it."""

from dataclasses import replace
from typing import Any

import numpy as np
from django.db import transaction

from campaigns.broadcasts.models import Broadcast
from campaigns.channels.models import MessageClass
from campaigns.delivery.contracts import LOCAL_CONTROL, REASONS, Policy
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.services import Audience
from campaigns.delivery.statements import execute, rows_of
from campaigns.experiments import selectors as experiments
from campaigns.experiments import services as draws
from campaigns.experiments.columns import write_columns
from campaigns.experiments.contracts import Population
from cvm_platform.common import clock
from tenants.tenancy.selectors import current_tenant

_MEMBERS = "SELECT customer_id FROM segments_segmentmember WHERE segment_id = %(segment)s"
_SILENT = "previewed_control"


def layer_code(broadcast: Broadcast) -> str:
    return f"exp-{broadcast.pk}"


def audience_of(broadcast: Broadcast) -> Audience:
    """Everybody of the segment, the silent too: each of them is counted with a reason."""
    return Audience(_MEMBERS, {"segment": broadcast.segment_id})


def policy_of(broadcast: Broadcast) -> Policy:
    """Before the draw: the global group is known, the campaign's own is not."""
    template = broadcast.template
    is_advertising = template is None or template.message_class != MessageClass.SERVICE
    layer = experiments.global_layer() if is_advertising else None
    return Policy(is_advertising=is_advertising, global_layer=layer.pk if layer else None)


def with_layer(policy: Policy, layer_id: int) -> Policy:
    """After the draw."""
    return replace(policy, local_layer=layer_id)


def eligible(broadcast: Broadcast, policy: Policy) -> Population:
    """Whom the campaign's draw is about: everybody who may be written to by facts known before.

    Caps and quiet hours come after the draw: they concern both arms alike.
    """
    plain = replace(policy, cap=None, quiet=None, local_layer=None)
    gate = classify_sql(plain).format(audience=_MEMBERS)
    return Population(
        f"SELECT customer_id FROM ({gate}) g WHERE reason = ''", _params(broadcast, plain)
    )


@transaction.atomic
def count_reasons(broadcast: Broadcast, policy: Policy) -> dict[str, int]:
    """People by reason in the gate's order, "" for those who would get the letter.

    The campaign's control group is drawn as the start would draw it, and forgotten.
    """
    silent = ""
    if policy.is_advertising and broadcast.control_bp:
        draw = draws.preview_local(
            code=layer_code(broadcast), control_bp=broadcast.control_bp,
            population=eligible(broadcast, policy),
        )  # fmt: skip
        execute(f"DROP TABLE IF EXISTS pg_temp.{_SILENT}", {})
        execute(
            f"CREATE TEMP TABLE {_SILENT} (customer_id bigint PRIMARY KEY, control bigint) "
            "ON COMMIT DROP",
            {},
        )
        ids = draw.customer_ids[draw.control]
        write_columns(_SILENT, {"customer_id": ids, "control": np.ones(ids.size, np.int64)})
        execute(f"ANALYZE {_SILENT}", {})
        silent = _SILENT
    gate = classify_sql(policy, silent_table=silent).format(audience=_MEMBERS)
    rows = rows_of(
        f"SELECT reason, count(*) FROM ({gate}) g GROUP BY reason", _params(broadcast, policy)
    )
    found = dict(rows)
    return {code: found[code] for code in ["", *REASONS] if code in found}


def arms_of(reasons: dict[str, int]) -> tuple[int, int]:
    """(treated, control) of the draw behind the counts: caps keep nobody out of an arm."""
    control = reasons.get(LOCAL_CONTROL, 0)
    capped = sum(reasons.get(code, 0) for code in ("B_POLICY_CAP", "B_POLICY_QUIET"))
    return reasons.get("", 0) + capped, control


def _params(broadcast: Broadcast, policy: Policy) -> dict[str, Any]:
    gate = gate_params(policy, tenant=current_tenant(), dispatch_id=0, now=clock.now())
    return {**gate, "segment": broadcast.segment_id}
