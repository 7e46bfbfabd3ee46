"""How the description of the API is made."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "CVM API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "BroadcastStatus": "campaigns.broadcasts.models.Broadcast.Status",
        "CustomerStatus": "tenants.customers.models.Customer.Status",
        "ImportKind": "analytics.sources.models.ImportJob.Kind",
        "SegmentStatus": "campaigns.segments.models.Segment.Status",
    },
}
