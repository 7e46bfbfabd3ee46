"""Whose slice is next: the tenant with the smallest virtual time, its slices in turn.

Start-time fair queueing (Goyal, Vin & Cheng 1996): serving n messages moves a tenant's clock on
by n / weight, so a backlog of any size delays a neighbour by no more than a slice per worker. A
tenant that comes back from silence starts at the clock of those that wait, not at its own old
one. Triggers have a lane of their own, asked first.

Rows of the public table are reachable from every tenant: `public` is in the search path.
"""

import os
import secrets
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from campaigns.delivery.contracts import Claim
from campaigns.delivery.statements import execute, rows_of
from campaigns.lanes.models import SendLane
from cvm_platform.common import clock

LEASE_SECONDS = 180  # longer than a mail server may think about a window of messages
LANES = (SendLane.Lane.TRIGGER, SendLane.Lane.BULK)
_PATIENCE = 5  # tries when all lanes with work are being claimed by others this very moment

_NEXT_LANE = """
    SELECT l.id, l.tenant_id, t.schema_name FROM public.lanes_sendlane l
    JOIN public.tenancy_tenant t ON t.id = l.tenant_id
    WHERE l.lane = %(lane)s AND l.pending > 0 AND t.status = 'active'
      AND (l.not_before IS NULL OR l.not_before <= %(now)s) AND l.id <> ALL(%(seen)s)
    ORDER BY l.virtual_time, l.id LIMIT 1 {lock}
"""
_CLAIM = """
    UPDATE delivery_slice SET status = 'claimed', lease_owner = %(owner)s,
        lease_until = %(now)s + make_interval(secs => %(lease)s), attempts = attempts + 1,
        not_before = NULL
    WHERE id = (
        SELECT s.id FROM delivery_slice s JOIN delivery_dispatch d ON d.id = s.dispatch_id
        WHERE s.status = 'pending' AND d.status = 'running' AND d.lane = %(lane)s
          AND (s.not_before IS NULL OR s.not_before <= %(now)s)
        ORDER BY s.number, s.dispatch_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
    RETURNING id, dispatch_id, number, size, attempts, lease_until
"""
_SYNC = """
    UPDATE public.lanes_sendlane l SET pending = w.pending, not_before = w.not_before,
        updated_at = %(now)s
    FROM (
        SELECT count(*) AS pending,
               min(CASE s.status WHEN 'claimed' THEN s.lease_until
                   ELSE COALESCE(s.not_before, %(now)s) END) AS not_before
        FROM delivery_slice s JOIN delivery_dispatch d ON d.id = s.dispatch_id
        WHERE s.status <> 'done' AND d.status = 'running' AND d.lane = %(lane)s
    ) w
    WHERE l.tenant_id = %(tenant)s AND l.lane = %(lane)s
"""
_ENTER = """
    INSERT INTO public.lanes_sendlane (tenant_id, lane, virtual_time, weight, pending, updated_at)
    VALUES (%(tenant)s, %(lane)s, 0, %(weight)s, 0, %(now)s)
    ON CONFLICT (tenant_id, lane) DO UPDATE SET weight = EXCLUDED.weight
"""
_CATCH_UP = """
    UPDATE public.lanes_sendlane SET virtual_time = GREATEST(virtual_time, COALESCE((
        SELECT min(o.virtual_time) FROM public.lanes_sendlane o
        WHERE o.lane = %(lane)s AND o.pending > 0 AND o.tenant_id <> %(tenant)s), virtual_time))
    WHERE tenant_id = %(tenant)s AND lane = %(lane)s AND pending = 0
"""


def new_owner() -> str:
    """A name that no other claim has."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(8)}"


def claim_slice(lanes: Sequence[str] = LANES) -> Claim | None:
    """The next slice of the whole platform, leased to the caller; None when there is none.

    Runs in public and leaves the connection there. One short transaction a try.
    """
    for lane in lanes:
        claim = _claim_in(lane)
        if claim is not None:
            return claim
    return None


def _claim_in(lane: str) -> Claim | None:
    seen: list[int] = []
    patience = _PATIENCE
    while True:
        with schema_context(get_public_schema_name()), transaction.atomic():
            params = {"lane": lane, "now": clock.now(), "seen": seen}
            found = rows_of(_NEXT_LANE.format(lock="FOR UPDATE OF l SKIP LOCKED"), params)
            if found:
                lane_id, tenant_id, schema = found[0]
                claim = _take(schema, lane, tenant_id)
                if claim is not None:
                    _advance(lane_id, claim.size)
                    return claim
                seen.append(lane_id)
                continue
            if not rows_of(_NEXT_LANE.format(lock=""), params) or not patience:
                return None
        patience -= 1
        time.sleep(0.01)  # another worker is claiming there; its lock lasts milliseconds


def _take(schema: str, lane: str, tenant_id: int) -> Claim | None:
    owner = new_owner()
    with schema_context(schema):
        rows = rows_of(
            _CLAIM,
            {"owner": owner, "now": clock.now(), "lease": LEASE_SECONDS, "lane": lane},
        )
        if not rows:
            sync_lane(tenant_id, lane)
            return None
    slice_id, dispatch_id, number, size, attempts, lease_until = rows[0]
    return Claim(schema, slice_id, dispatch_id, number, size, attempts, owner, lease_until)


def _advance(lane_id: int, size: int) -> None:
    execute(
        "UPDATE public.lanes_sendlane SET virtual_time = virtual_time + %(size)s / weight::float "
        "WHERE id = %(lane)s",
        {"lane": lane_id, "size": size},
    )


def enter_lane(tenant_id: int, lane: str, weight: int) -> None:
    """Call in the tenant after its slices were made: it joins those that wait."""
    params = {"tenant": tenant_id, "lane": lane, "weight": weight, "now": clock.now()}
    execute(_ENTER, params)
    execute(_CATCH_UP, params)
    sync_lane(tenant_id, lane)


def sync_lane(tenant_id: int, lane: str) -> None:
    """Counts anew what waits in the tenant of the connection; safe at any time."""
    execute(_SYNC, {"tenant": tenant_id, "lane": lane, "now": clock.now()})


def tenants_at_work() -> list[tuple[int, str, str]]:
    """(tenant id, schema, lane) with slices not done, as far as known; asked in public."""
    return rows_of(
        "SELECT l.tenant_id, t.schema_name, l.lane FROM public.lanes_sendlane l "
        "JOIN public.tenancy_tenant t ON t.id = l.tenant_id WHERE l.pending > 0 ORDER BY l.id",
        {},
    )


def has_work(now: datetime) -> bool:
    """Whether a claim could find something now."""
    params: dict[str, Any] = {"now": now, "seen": []}
    return any(rows_of(_NEXT_LANE.format(lock=""), {**params, "lane": str(lane)}) for lane in LANES)
