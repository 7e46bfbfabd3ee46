"""Imports over the API."""

from typing import Any

from rest_framework import serializers

from analytics.sources.contracts import DEFAULT_SOURCE
from analytics.sources.models import ImportJob


class ImportInput(serializers.Serializer[Any]):
    """A file and what is known about it; what is not said is guessed and told back."""

    file = serializers.FileField(allow_empty_file=True)
    kind = serializers.ChoiceField(choices=ImportJob.Kind.choices, default="orders")
    source = serializers.CharField(  # type: ignore[assignment]  # the API's own word
        max_length=40, default=DEFAULT_SOURCE
    )
    zone = serializers.CharField(max_length=60, required=False, help_text="IANA name")
    mapping = serializers.JSONField(
        required=False, help_text="Our field → header or index of the column"
    )
    date_order = serializers.ChoiceField(choices=["dmy", "mdy"], required=False)
    encoding = serializers.CharField(max_length=20, required=False)
    delimiter = serializers.CharField(max_length=1, required=False, trim_whitespace=False)
    keep_zero_price = serializers.BooleanField(required=False)
    start = serializers.BooleanField(default=True, help_text="Load as soon as it is checked")

    def validate_mapping(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise serializers.ValidationError("An object: our field → header or index.")
        return value


class ImportOutput(serializers.ModelSerializer[ImportJob]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    report = serializers.SerializerMethodField()
    mapping = serializers.SerializerMethodField()
    has_rejects = serializers.SerializerMethodField()

    class Meta:
        model = ImportJob
        fields = ["id", "kind", "status", "file_name", "file_bytes", "file_sha256", "rows_read",
                  "rows_loaded", "rows_rejected", "report", "mapping", "has_rejects", "error",
                  "created_at", "started_at", "finished_at"]  # fmt: skip
        read_only_fields = fields

    def get_report(self, job: ImportJob) -> dict[str, Any]:
        """Counts without the samples, which may hold personal data."""
        return {key: value for key, value in job.report.items() if key != "samples"}

    def get_mapping(self, job: ImportJob) -> dict[str, int]:
        mapping: dict[str, int] = job.settings.get("mapping", {})
        return mapping

    def get_has_rejects(self, job: ImportJob) -> bool:
        return bool(job.rejects_path)
