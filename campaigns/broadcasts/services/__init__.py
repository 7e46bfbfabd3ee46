"""The one door to broadcasts: drafts, the estimate, the start, and the brakes."""

from campaigns.broadcasts.services.braking import (
    cancel_broadcast,
    follow_dispatch,
    pause_broadcast,
    resume_broadcast,
)
from campaigns.broadcasts.services.drafts import (
    FIELDS,
    LONGEST_WINDOW_DAYS,
    create_broadcast,
    delete_broadcast,
    update_broadcast,
)
from campaigns.broadcasts.services.preparing import (
    cancel_preparation,
    reap_preparations,
    request_estimate,
    request_start,
    run_preparation,
)
from campaigns.broadcasts.services.starting import estimate_audience, start_broadcast

__all__ = [
    "FIELDS",
    "LONGEST_WINDOW_DAYS",
    "cancel_broadcast",
    "cancel_preparation",
    "create_broadcast",
    "delete_broadcast",
    "estimate_audience",
    "follow_dispatch",
    "pause_broadcast",
    "reap_preparations",
    "request_estimate",
    "request_start",
    "resume_broadcast",
    "run_preparation",
    "start_broadcast",
    "update_broadcast",
]
