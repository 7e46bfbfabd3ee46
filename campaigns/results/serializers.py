"""Shapes of a result for the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.results.models import BroadcastResult
from campaigns.results.sentences import words_for
from cvm_platform.common import sight

_WORDS = ("verdict", "reasons", "weeks", "window", "currency", "is_simulated", "method")


def narrowed(payload: dict[str, Any]) -> dict[str, Any]:
    """Words, and rounded numbers of people; money only where the company shows it."""
    shown = {name: payload[name] for name in _WORDS if name in payload}
    counts = payload.get("counts", {})
    shown["counts"] = {
        name: sight.cell(count) for name, count in counts.items() if isinstance(count, int)
    }
    arms = payload.get("arms", {}).values()
    if not sight.hides_money() and not any(sight.is_small(arm["n"]) for arm in arms):
        shown |= {name: payload.get(name) for name in ("total", "difference", "interval")}
    return shown


class ResultOutput(serializers.ModelSerializer[BroadcastResult]):
    broadcast = serializers.UUIDField(source="broadcast.public_id")
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = BroadcastResult
        fields = ["broadcast", "version", "status", "computed_at", "input_hash", "signed_at",
                  "sentence", "payload"]  # fmt: skip

    def to_representation(self, instance: BroadcastResult) -> dict[str, Any]:
        """A key made by the agency gets what the agency's people see."""
        data = super().to_representation(instance)
        if not sight.is_exact():
            data["payload"] = narrowed(instance.payload)
        return data

    @extend_schema_field(str)
    def get_sentence(self, result: BroadcastResult) -> Any:
        words = words_for(result.payload)
        return f"{words.headline}. {words.advice}"
