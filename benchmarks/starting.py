"""Estimate and start of a broadcast to a whole base, over the services; nothing is kept.

Prints every phase in wall and CPU seconds (of the server's process and of ours), then the gate in
both of its shapes side by side. The base is that of `segments`.
Run `python -m benchmarks.starting [customers] [events]`.
"""

import os
import sys
import time
from pathlib import Path

from django.db import transaction

from benchmarks.segments import prepared_tenant, tenant_context  # it sets Django up
from campaigns.broadcasts import audience
from campaigns.broadcasts.contracts import Phase
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.services import starting
from campaigns.delivery import services as delivery
from campaigns.delivery.facts import ByPerson, ByTable
from campaigns.delivery.gate import classify_sql, gate_params
from cvm_platform.common import bulk, clock
from tenants.audit.services import SYSTEM
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_broadcast

_TICKS = os.sysconf("SC_CLK_TCK")


def _now() -> tuple[float, float, float]:
    """Wall, CPU of the server's process, CPU of this one."""
    server = bulk.fetch("SELECT pg_backend_pid()")[0][0]
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    return time.perf_counter(), sum(map(int, fields[11:13])) / _TICKS, time.process_time()


class Watched:
    """Work whose phases are timed."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.broadcast = broadcast
        self._phase, self._begun = "", _now()
        self._first = self._begun

    def tell(self, phase: Phase | str) -> None:
        now = _now()
        if self._phase:
            self._say(self._phase, self._begun, now)
        self._phase, self._begun = str(phase), now

    def take(self) -> Broadcast:
        self.tell("writing")
        return starting.locked(self.broadcast.public_id)

    def end(self) -> None:
        self.tell("")
        self._say("all", self._first, _now())

    def _say(self, name: str, first: tuple[float, ...], last: tuple[float, ...]) -> None:
        wall, server, own = (after - before for before, after in zip(first, last, strict=True))
        print(f"  {name:<12}{wall:>8.2f} s{server:>8.2f} s server{own:>8.2f} s own")


def _gate(broadcast: Broadcast, tenant: Tenant) -> float:
    policy = audience.policy_of(broadcast)
    ruling = audience.ruling_of(broadcast, policy)
    params = gate_params(policy, ruling, tenant=tenant, dispatch_id=0, now=clock.now())
    members = "SELECT customer_id FROM segments_segmentmember WHERE segment_id = %(segment)s"
    took = []
    for shape in (ByPerson(), ByTable()):
        asked = classify_sql(policy, ruling, shape)
        query = f"SELECT reason, count(*) FROM ({asked}) g GROUP BY reason"
        with bulk.one_pass() if isinstance(shape, ByTable) else transaction.atomic():
            begun = _now()
            bulk.fetch(query.format(audience=members), {**params, "segment": broadcast.segment_id})
            took.append(_now()[1] - begun[1])
        print(f"  gate {type(shape).__name__:<12}{took[-1]:>8.2f} s server")
    return took[0] / took[1]


def main(customers: int = 1_000_000, events: int = 10_000_000) -> None:
    tenant = prepared_tenant(customers, events)
    delivery.wake_workers = lambda: None  # no Celery here
    with tenant_context(tenant), transaction.atomic():
        draft = make_broadcast()
        print(f"{customers:,} customers")
        for name in ("first estimate", "estimate"):
            print(name)
            work = Watched(starting.found(draft.public_id))
            letters = starting.make_estimate(work.broadcast, work).will_receive
            work.end()
        print(f"start of {letters:,} letters")
        work = Watched(starting.found(draft.public_id))
        starting.make_start(work.broadcast, work, actor=SYSTEM, expected=letters)
        work.end()
        ratio = _gate(draft, tenant)
        print(f"asked by person / by table: {ratio:.1f}")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
