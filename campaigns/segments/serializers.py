"""Shapes of segments for the API.

Counts are exact for a key of the company itself, rounded (0: fewer than ten) for the agency's own.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.segments import selectors
from campaigns.segments.contracts import Count
from campaigns.segments.models import Segment
from cvm_platform.common import sight


class SegmentOutput(serializers.ModelSerializer[Segment]):
    id = serializers.UUIDField(source="public_id")
    status = serializers.SerializerMethodField()
    cause = serializers.SerializerMethodField()
    age_seconds = serializers.SerializerMethodField()
    count = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = [
            "id", "name", "schema_version", "version", "status", "cause", "count",
            "refreshed_at", "age_seconds", "is_archived", "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_count(self, segment: Segment) -> int | None:
        size = selectors.size_of(segment)
        return None if size is None else sight.seen(size)

    @extend_schema_field(serializers.ChoiceField(choices=Segment.Status.choices))
    def get_status(self, segment: Segment) -> Any:
        return selectors.freshness_of(segment).status

    @extend_schema_field(str)
    def get_cause(self, segment: Segment) -> Any:
        return selectors.freshness_of(segment).cause

    @extend_schema_field(int)
    def get_age_seconds(self, segment: Segment) -> Any:
        age = selectors.freshness_of(segment).age
        return None if age is None else round(age.total_seconds())


class SegmentDetailOutput(SegmentOutput):
    tree = serializers.JSONField()
    description = serializers.SerializerMethodField()

    class Meta(SegmentOutput.Meta):
        fields = [*SegmentOutput.Meta.fields, "tree", "description"]

    @extend_schema_field(str)
    def get_description(self, segment: Segment) -> Any:
        return selectors.sentence_of(segment.tree)


class SegmentInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    tree = serializers.JSONField()


class SegmentChange(serializers.Serializer[Any]):
    """What is left out stays; `version` guards against changing somebody else's change."""

    name = serializers.CharField(max_length=200, required=False)
    tree = serializers.JSONField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)
    is_archived = serializers.BooleanField(required=False)


class TreeInput(serializers.Serializer[Any]):
    tree = serializers.JSONField()


class CountOutput(serializers.Serializer[Any]):
    count = serializers.SerializerMethodField()
    base = serializers.SerializerMethodField()
    milliseconds = serializers.IntegerField(source="ms")
    is_estimate = serializers.BooleanField()

    def get_count(self, count: Count) -> int:
        return sight.seen(count.count)

    def get_base(self, count: Count) -> int:
        return sight.seen(count.base)


class MemberOutput(serializers.Serializer[Any]):
    customer = serializers.UUIDField()
    joined_at = serializers.DateTimeField()
