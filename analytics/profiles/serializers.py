"""Shapes of customers for the API: ids and safe attributes, never names or contacts."""

from typing import Any

from rest_framework import serializers

from tenants.customers.models import Customer


class ProblemOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class CustomersReportOutput(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    consents = serializers.IntegerField()
    problems = ProblemOutput(many=True)


class StatsOutput(serializers.Serializer[Any]):
    """Money in minor units of the tenant's currency."""

    orders = serializers.IntegerField()
    revenue = serializers.IntegerField()
    margin = serializers.IntegerField()
    returns = serializers.IntegerField()
    first_order_at = serializers.DateTimeField(allow_null=True)
    last_order_at = serializers.DateTimeField(allow_null=True)


class CustomerOutput(serializers.ModelSerializer[Customer]):
    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Customer
        fields = ["id", "status", "lifecycle_stage", "timezone", "language", "city", "age_band",
                  "attributes", "tags", "source", "created_at", "updated_at"]  # fmt: skip


class CustomerDetailOutput(CustomerOutput):
    stats = StatsOutput(allow_null=True)

    class Meta(CustomerOutput.Meta):
        fields = [*CustomerOutput.Meta.fields, "stats"]
