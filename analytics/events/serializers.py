"""Shapes of events and orders for the API."""

from typing import Any

from rest_framework import serializers

from analytics.events.models import Event, Order


class IntakeOutput(serializers.Serializer[Any]):
    """What became of a batch."""

    received = serializers.IntegerField()
    added = serializers.IntegerField()
    repeated = serializers.IntegerField()
    changed = serializers.IntegerField()
    rejected = serializers.DictField(child=serializers.IntegerField())


class EventOutput(serializers.ModelSerializer[Event]):
    name = serializers.CharField(source="kind")
    customer = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Event
        fields = ["event_id", "customer", "ts", "name", "category", "amount", "properties",
                  "source", "received_at"]  # fmt: skip


class OrderOutput(serializers.ModelSerializer[Order]):
    """Money in minor units; `is_margin_assumed` marks a margin that rests on an assumption."""

    customer = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Order
        fields = ["public_id", "source", "external_id", "customer", "ts", "kind", "status",
                  "revenue", "discount", "cost", "margin", "is_margin_assumed",
                  "items"]  # fmt: skip
