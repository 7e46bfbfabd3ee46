"""A campaign of the past, really sent: set up, drawn and dated then, answered now."""

import threading
from datetime import datetime
from decimal import Decimal
from typing import Any

from django_tenants.utils import get_public_schema_name, schema_context

from analytics.features.services import refresh_rfm
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.services import create_broadcast, estimate_audience, start_broadcast
from campaigns.channels.contracts import Kind
from campaigns.channels.registry import open_adapter
from campaigns.delivery.models import Dispatch, Message
from campaigns.delivery.selectors import dispatch_counts
from campaigns.delivery.services import work
from campaigns.experiments.models import Assignment
from campaigns.experiments.services import ensure_global_group
from campaigns.lanes.models import SendLane
from campaigns.results.services import compute_result
from campaigns.results.snapshots import refresh_snapshot
from cvm_platform.common import clock
from cvm_platform.demo.campaigning import Plan, Script, Setup, refresh_segments, set_up
from cvm_platform.demo.progress import Progress
from tenants.tenancy.models import Tenant

_SEND_SECONDS = 900.0
_sending = threading.Lock()  # a worker takes whatever waits, and each company has its own past


class Story:
    """One company's campaign at `at`; call the steps in their order, in the tenant."""

    def __init__(self, tenant: Tenant, script: Script, at: datetime, progress: Progress) -> None:
        self.tenant = tenant
        self.script = script
        self.at = at
        self.progress = progress
        self._setup: Setup | None = None
        self._broadcast_id = 0

    @property
    def broadcast(self) -> Broadcast:
        return Broadcast.objects.select_related("layer", "dispatch").get(pk=self._broadcast_id)

    @property
    def dispatch_id(self) -> int:
        return self._dispatch().pk

    @property
    def price(self) -> Decimal:
        return self._dispatch().price

    def prepare(self) -> None:
        """RFM, segments and the global control group as they were then."""
        with self.progress.stage("segments and control group then") as note:
            with clock.at(self.at):
                refresh_rfm(as_of=self.at)
                self._setup = set_up(self.script, valid_from=self.at)
                sizes = refresh_segments(self._setup)
                group = ensure_global_group()
            note.text = (
                f"{sizes[self.script.replay.segment]:,} in the segment, "
                f"{group.control:,} of {group.control + group.treated:,} silent"
            )

    def send(self, sink_url: str) -> None:
        """The real path: estimate, draw, gate, letters to the sink.

        Raises:
            RuntimeError: somebody else's letters wait to be sent, or ours did not all leave.
        """
        with _sending, self.progress.stage("letters") as note:
            self._require_silence()
            with clock.at(self.at):
                broadcast = self._create(self.script.replay)
                self._broadcast_id = broadcast.pk
                start_broadcast(public_id=broadcast.public_id)
            with clock.at(self.at, ticking=True):
                self._work(sink_url)
            # stamped by Django, whose clock cannot be set
            Broadcast.objects.filter(pk=broadcast.pk).update(created_at=self.at)
            counts = dispatch_counts(self.dispatch_id)
            note.text = f"{counts.sent:,} sent of an audience of {counts.audience:,}"

    def written_to(self) -> list[int]:
        """Customers whom a letter has, or may have, reached."""
        states = (Message.State.SENT, Message.State.AMBIGUOUS)
        found = Message.objects.filter(dispatch_id=self.dispatch_id, state__in=states)
        return list(found.values_list("customer_id", flat=True))

    def treated_arm(self) -> int:
        layer = self.broadcast.layer
        arm = Assignment.objects.filter(layer=layer, arm=Assignment.Arm.TREATED)
        return arm.count()

    def note_truth(self, truth: dict[str, Any]) -> None:
        """Beside the draw, where the report looks for it."""
        layer = self.broadcast.layer
        if layer is None:
            raise RuntimeError("a campaign without a control group has no effect to be known")
        layer.report["truth"] = truth
        layer.save(update_fields=["report"])

    def finish(self) -> None:
        """Everything as it is now, the answer, and a draft that waits for the newcomer."""
        with self.progress.stage("answer") as note:
            ensure_global_group()
            refresh_rfm()
            if self._setup is not None:
                refresh_segments(self._setup)
            result = compute_result(broadcast_id=self._broadcast_id)
            draft = self._create(self.script.draft)
            estimate_audience(public_id=draft.public_id)
            refresh_snapshot()
            note.text = str(result.payload["verdict"])

    def _create(self, plan: Plan) -> Broadcast:
        setup = self._setup
        if setup is None:
            raise RuntimeError("prepare comes first")
        return create_broadcast(
            segment_id=setup.segments[plan.segment].pk,
            template_id=setup.templates[plan.template].pk,
            sender_id=setup.sender.pk,
            **plan.settings,
        )

    def _work(self, sink_url: str) -> None:
        adapter = open_adapter(Kind.EMAIL, sink_url)
        try:
            with schema_context(get_public_schema_name()):
                report = work(adapter, seconds=_SEND_SECONDS)
        finally:
            adapter.close()
        if self._dispatch().status != Dispatch.Status.FINISHED:
            raise RuntimeError(f"not all letters left: {report}")

    def _require_silence(self) -> None:
        """A worker serves all tenants; only our letters may go to the sink."""
        others = SendLane.objects.filter(pending__gt=0).exclude(tenant_id=self.tenant.pk)
        if others.exists():
            raise RuntimeError("another company is sending now: load the demo when it is done")

    def _dispatch(self) -> Dispatch:
        return Dispatch.objects.get(broadcast=self._broadcast_id)
