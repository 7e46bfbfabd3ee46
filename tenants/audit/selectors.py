"""Reading the log: by person, by actor, by act, by time; never a value of anybody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenants.accounts.models import ApiKey, User
from tenants.audit.models import AuditEntry, ProcessingEntry, Seal

PAGE = 50
EXPORT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What is looked for; empty fields do not narrow."""

    subject_id: int | None = None
    action: str = ""
    actor: str = ""
    result: str = ""
    since: date | None = None
    until: date | None = None
    before_id: int | None = None  # cursor: rows older than this one


def processing_entries(query: LogQuery, zone: str) -> QuerySet[ProcessingEntry]:
    """Newest first."""
    found = _by_time(ProcessingEntry.objects.all(), query, zone)
    if query.subject_id is not None:
        found = found.filter(subject_id=query.subject_id)
    if query.result:
        found = found.filter(result=query.result)
    return found


def changes(query: LogQuery, zone: str) -> QuerySet[AuditEntry]:
    """The trail of settings, people and campaigns, newest first."""
    return _by_time(AuditEntry.objects.all(), query, zone)


def _by_time(found: QuerySet[Any], query: LogQuery, zone: str) -> QuerySet[Any]:
    if query.action:
        found = found.filter(action=query.action)
    if query.actor:
        found = found.filter(actor=query.actor)
    if query.since:
        found = found.filter(at__gte=_midnight(query.since, zone))
    if query.until:
        found = found.filter(at__lt=_midnight(query.until + timedelta(days=1), zone))
    if query.before_id:
        found = found.filter(pk__lt=query.before_id)
    return found.order_by("-pk")


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def actor_names(actors: Sequence[str]) -> dict[str, str]:
    """What each actor is called; "user:1" and "api:1" by name, in two queries."""
    users = [int(each[5:]) for each in actors if each.startswith("user:")]
    keys = [int(each[4:]) for each in actors if each.startswith("api:")]
    names = {each: each for each in actors} | {"system": _("The system")}
    names |= {
        f"user:{pk}": name
        for pk, name in User.objects.filter(pk__in=users).values_list("pk", "name")
    }
    names |= {
        f"api:{pk}": name
        for pk, name in ApiKey.objects.filter(pk__in=keys).values_list("pk", "name")
    }
    return names


def actors_of(model: type[AuditEntry | ProcessingEntry]) -> list[str]:
    """Who is in the log, for the filter: a loose index scan, not a pass over all rows."""
    return sorted(_distinct(model, "actor"))


def _distinct(model: type[AuditEntry | ProcessingEntry], column: str) -> Iterator[str]:
    value = model.objects.order_by(column).values_list(column, flat=True).first()
    while value is not None:
        yield value
        value = (
            model.objects.filter(**{f"{column}__gt": value})
            .order_by(column).values_list(column, flat=True).first()
        )  # fmt: skip


def last_seal(stream: str) -> Seal | None:
    return Seal.objects.filter(stream=stream).order_by("-number").first()
