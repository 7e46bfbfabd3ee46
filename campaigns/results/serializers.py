"""Shapes of a result for the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.results.models import BroadcastResult
from campaigns.results.sentences import words_for


class ResultOutput(serializers.ModelSerializer[BroadcastResult]):
    broadcast = serializers.UUIDField(source="broadcast.public_id")
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = BroadcastResult
        fields = ["broadcast", "version", "status", "computed_at", "input_hash", "signed_at",
                  "sentence", "payload"]  # fmt: skip

    @extend_schema_field(str)
    def get_sentence(self, result: BroadcastResult) -> Any:
        words = words_for(result.payload)
        return f"{words.headline}. {words.advice}"
