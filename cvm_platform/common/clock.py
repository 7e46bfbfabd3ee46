"""The one place that knows what time it is, so that tests can say otherwise."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    return datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar day in a tenant's zone (IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()
