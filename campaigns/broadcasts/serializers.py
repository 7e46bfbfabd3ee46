"""Shapes of the API."""

from typing import Any

from rest_framework import serializers

from campaigns.broadcasts.contracts import MOST_CONTROL_BP
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.broadcasts.services import LONGEST_WINDOW_DAYS


class BroadcastInput(serializers.Serializer[Any]):
    """A draft; segment and template by their ids, the sender by its address."""

    name = serializers.CharField(max_length=200)
    channel = serializers.CharField(
        required=False, max_length=20,
        help_text="EMAIL; others answer 403 B_CHANNEL_LAW or B_CROSS_BORDER until they are open.",
    )  # fmt: skip
    brand = serializers.CharField(required=False, allow_blank=True, max_length=100)
    topic = serializers.CharField(required=False, allow_blank=True, max_length=60)
    segment = serializers.UUIDField(required=False, allow_null=True)
    template = serializers.UUIDField(required=False, allow_null=True)
    sender = serializers.EmailField(required=False, allow_null=True)
    control_bp = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_CONTROL_BP,
        help_text="Control share in hundredths of a percent.",
    )  # fmt: skip
    window_days = serializers.IntegerField(
        required=False, min_value=1, max_value=LONGEST_WINDOW_DAYS
    )
    hypothesis = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    content_cost = serializers.IntegerField(
        required=False, min_value=0, help_text="Minor units of the tenant's currency."
    )


class BroadcastOutput(serializers.ModelSerializer[Broadcast]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    segment = serializers.UUIDField(source="segment.public_id", default=None, read_only=True)
    template = serializers.UUIDField(source="template.public_id", default=None, read_only=True)
    sender = serializers.EmailField(source="sender.email", default=None, read_only=True)

    class Meta:
        model = Broadcast
        fields: tuple[str, ...] = (
            "id", "name", "status", "channel", "brand", "topic", "segment",
            "template", "sender", "control_bp", "window_days", "hypothesis", "content_cost",
            "registered_at", "assigned_at", "created_at",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields


class CountsOutput(serializers.Serializer[Any]):
    """sent + suppressed + failed + ambiguous + waiting = audience."""

    audience = serializers.IntegerField()
    sent = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    failed = serializers.IntegerField()
    ambiguous = serializers.IntegerField()
    waiting = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    failures = serializers.DictField(child=serializers.IntegerField())


class PowerOutput(serializers.Serializer[Any]):
    mde = serializers.FloatField(help_text="Smallest effect a person that is proved, minor units.")
    mean = serializers.FloatField()
    treated = serializers.IntegerField()
    control = serializers.IntegerField()
    advised_bp = serializers.IntegerField(allow_null=True)
    is_hopeless = serializers.BooleanField()


class EstimateOutput(serializers.Serializer[Any]):
    """sum of reasons + will_receive = segment."""

    segment = serializers.IntegerField()
    will_receive = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    at = serializers.DateTimeField()
    power = PowerOutput(allow_null=True)


class PreparationOutput(serializers.ModelSerializer[Preparation]):
    """A count or a start in the background: the one of now, or how the last one ended."""

    error = serializers.CharField(read_only=True, help_text="Why it failed, for people.")
    error_code = serializers.CharField(
        read_only=True, help_text="numbers_changed, nobody, segment, internal, …; empty if none."
    )

    class Meta:
        model = Preparation
        fields: tuple[str, ...] = (
            "kind", "status", "phase", "error", "error_code", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields


class BroadcastDetailOutput(BroadcastOutput):
    counts = CountsOutput(allow_null=True, read_only=True)
    estimate = EstimateOutput(
        allow_null=True, read_only=True, help_text="The last count before the start."
    )
    preparation = PreparationOutput(allow_null=True, read_only=True)

    class Meta(BroadcastOutput.Meta):
        fields = (*BroadcastOutput.Meta.fields, "counts", "estimate", "preparation")
        read_only_fields = fields


class StartInput(serializers.Serializer[Any]):
    expected = serializers.IntegerField(
        required=False, min_value=0,
        help_text="Letters of the estimate; another number now starts nothing: 409, or after a 202 "
                  "the preparation fails with `numbers_changed`.",
    )  # fmt: skip
