"""What was done to a person in campaigns, for his answer: messages, segments, test groups."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from campaigns.delivery.models import Message
from campaigns.experiments.models import Assignment
from campaigns.segments.models import SegmentMember
from tenants.requests.contracts import Section
from tenants.requests.own_exports import MOST_ROWS, at
from tenants.requests.registry import add_exporter


def export_messages(customer_ids: Sequence[int]) -> Iterable[Section]:
    """Also what was not sent, with its reason."""
    rows = (
        Message.objects.filter(customer_id__in=customer_ids)
        .select_related("dispatch")
        .order_by("-created_at")[:MOST_ROWS]
    )
    yield Section(
        "messages", _("Messages to you"),
        head=(_("Date"), _("Channel"), _("Subject"), _("State"), _("Reason")),
        rows=[
            (at(each.sent_at or each.created_at), each.dispatch.channel,
             str(each.dispatch.content.get("subject", "")), str(each.get_state_display()),
             each.reason)
            for each in rows
        ],
    )  # fmt: skip


def export_segments(customer_ids: Sequence[int]) -> Iterable[Section]:
    members = SegmentMember.objects.filter(customer_id__in=customer_ids).select_related("segment")
    yield Section(
        "segments", _("Groups of customers you are in"), head=(_("Group"), _("Since")),
        rows=[(each.segment.name, at(each.joined_at)) for each in members.order_by("joined_at")],
    )  # fmt: skip
    drawn = Assignment.objects.filter(customer_id__in=customer_ids).select_related("layer")
    yield Section(
        "experiments", _("Test groups you were drawn into"),
        head=(_("Test"), _("Group"), _("Since")),
        rows=[
            (str(each.layer), str(each.get_arm_display()), at(each.assigned_at))
            for each in drawn.order_by("assigned_at")
        ],
        note=_("Drawn by lot, to measure whether messages are of use."),
    )  # fmt: skip


def register() -> None:
    add_exporter("messages", export_messages, position=70,
                 models=["delivery.Message", "delivery.Recipient"])  # fmt: skip
    add_exporter("segments", export_segments, position=75,
                 models=["segments.SegmentMember", "experiments.Assignment"])  # fmt: skip
