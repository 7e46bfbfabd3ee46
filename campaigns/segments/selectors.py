"""Reading segments: lists, live counts, reach and money, freshness."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from campaigns.segments import sheltering, statements, trees, words
from campaigns.segments.compiler import compile_counts, compile_tree
from campaigns.segments.contracts import Compiled, Count, Reach, Tree
from campaigns.segments.models import Segment, SegmentMember, SegmentSize
from campaigns.segments.registry import Words
from cvm_platform.common import clock, sight
from cvm_platform.common.errors import NotFound
from tenants.customers.models import Customer
from tenants.tenancy.selectors import current_tenant

# the schedule refreshes every hour; two missed turns are worth a warning
STALE_AFTER = timedelta(hours=2)
STUCK_AFTER = timedelta(minutes=15)
YEAR = timedelta(days=365)
LARGE_BASE = 50_000
SORTS = {"name": "name", "count": "-count", "refreshed": "-refreshed_at", "new": "-id"}


@dataclass(frozen=True, slots=True)
class Freshness:
    status: str
    label: str
    age: timedelta | None
    cause: str = ""


def segment_by(public_id: UUID) -> Segment:
    """Raises NotFound."""
    found = Segment.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound(_("There is no such segment."))
    return found


def tree_of(public_id: UUID) -> Tree | None:
    tree: Tree | None = (
        Segment.objects.filter(public_id=public_id).values_list("tree", flat=True).first()
    )
    return tree


def segments_for(
    *, text: str = "", status: str = "", sort: str = "", archived: bool = False
) -> "QuerySet[Segment]":
    found = Segment.objects.filter(is_archived=archived)
    if text:
        found = found.filter(name__icontains=text)
    if status == Segment.Status.STALE:
        found = found.filter(Q(status=status) | _is_old())
    elif status == Segment.Status.FRESH:
        found = found.filter(status=status).exclude(_is_old())
    elif status:
        found = found.filter(status=status)
    order = SORTS.get(sort, SORTS["new"])
    if order == "-count" and not sight.is_exact():
        order = "-shown_count"  # the order of two exact sizes would compare them
    by: Any = F(order[1:]).desc(nulls_last=True) if order.startswith("-") else F(order).asc()
    return found.order_by(by, "-id")


def _is_old() -> Q:
    return Q(status=Segment.Status.FRESH, refreshed_at__lt=clock.now() - STALE_AFTER)


def freshness_of(segment: Segment, now: datetime | None = None) -> Freshness:
    """What to say of the stored membership: its state, its age and the cause of a failure."""
    now = now or clock.now()
    age = now - segment.refreshed_at if segment.refreshed_at else None
    status = segment.status
    if status == Segment.Status.FRESH and age is not None and age > STALE_AFTER:
        status = Segment.Status.STALE
    is_running = status == Segment.Status.REFRESHING and segment.started_at is not None
    if is_running and segment.started_at and now - segment.started_at > STUCK_AFTER:
        cause = _("The count was interrupted. Start it again.")
        failed = Segment.Status.FAILED
        return Freshness(failed.value, str(failed.label), age, cause)
    return Freshness(status, str(Segment.Status(status).label), age, segment.error)


def compiled(tree: Tree, *, as_of: datetime | None = None) -> Compiled:
    """The statement of a checked tree for the current tenant."""
    zone = current_tenant().timezone
    return compile_tree(tree, as_of=as_of, zone=zone, find=tree_of)


def base_size() -> int:
    """Active customers; of a large base remembered for a minute, since it is a scan of its own."""
    known: int | None = cache.get("segments:base")
    if known is not None:
        return known
    size = Customer.objects.filter(status=Customer.Status.ACTIVE).count()
    if size >= LARGE_BASE:
        cache.set("segments:base", size, timeout=60)
    return size


def shown_tree(tree: Tree, *, timeout_ms: int = statements.LIVE_TIMEOUT_MS) -> Tree:
    """The rule that a reader is answered: whoever sees no exact numbers asks of nobody alone.

    Raises:
        TooSlow
    """
    if sight.is_exact():
        return tree
    zone = current_tenant().timezone
    return sheltering.sheltered(tree, zone=zone, find=tree_of, timeout_ms=timeout_ms)


def size_of(segment: Segment) -> int | None:
    """Its stored size, for whoever looks; None before the first count."""
    if segment.count is None or sight.is_exact() or segment.shown_count is None:
        return segment.count
    # what has become small is small whatever the sheltered rule says
    return min(segment.shown_count, segment.count) if segment.count < sight.SMALL else (
        segment.shown_count
    )  # fmt: skip


def count_tree(tree: Tree, *, as_of: datetime | None = None) -> Count:
    """Exact within five seconds, else the planner's estimate, marked as one."""
    statement = compiled(tree, as_of=as_of)
    base = base_size()
    try:
        row, ms = statements.timed(
            lambda: statements.run(statements.counting(statement), statements.LIVE_TIMEOUT_MS)
        )
    except statements.TooSlow:
        expected = min(statements.estimate(statement), base)
        return Count(expected, base, statements.LIVE_TIMEOUT_MS, is_estimate=True)
    return Count(row[0], base, ms)


def counts_of(tree: Tree, paths: Sequence[trees.Path]) -> dict[trees.Path, int]:
    """How many are left after each of the nodes; {} when that would take too long."""
    if not paths:
        return {}
    zone = current_tenant().timezone
    statement = compile_counts(tree, paths, zone=zone, find=tree_of)
    try:
        row = statements.run(statement, statements.LIVE_TIMEOUT_MS)
    except statements.TooSlow:
        return {}
    return dict(zip(paths, row[1:], strict=True))


def reach_of(tree: Tree) -> Reach | None:
    """Whom of those who fit we may write to, and their money of the last 365 days.

    None when it would take too long to wait for.
    """
    now = clock.now()
    writable = {"leaf": "contactable", "channel": "EMAIL"}
    within = {**tree, "root": {"all": [tree["root"], writable]}}
    emails = statements.counting(compiled(within, as_of=now))
    money = statements.money(compiled(tree, as_of=now), paid="paid", since=now - YEAR, until=now)
    limit = statements.LIVE_TIMEOUT_MS
    try:
        (email,), first_ms = statements.timed(lambda: statements.run(emails, limit))
        row, second_ms = statements.timed(lambda: statements.run(money, limit))
    except statements.TooSlow:
        return None
    return Reach(email, row[0], row[1], row[2], first_ms + second_ms)


def members_of(segment: Segment) -> "QuerySet[SegmentMember]":
    return SegmentMember.objects.filter(segment=segment)


def sizes_of(segment: Segment, *, days: int = 30) -> list[SegmentSize]:
    """The last size of every day, oldest first."""
    since = clock.now() - timedelta(days=days)
    rows = SegmentSize.objects.filter(segment=segment, at__gte=since).order_by("at")
    return list({row.at.date(): row for row in rows}.values())


def used_in(segment: Segment) -> list[Segment]:
    """Living segments whose rule names this one."""
    text = str(segment.public_id)
    near = Segment.objects.filter(is_archived=False, tree__icontains=text).exclude(pk=segment.pk)
    return [one for one in near if text in trees.segments_in(one.tree)]


def sentence_of(tree: Tree) -> str:
    return words.describe_tree(tree, _words())


def _words() -> Words:
    names = dict(Segment.objects.values_list("public_id", "name"))
    return Words(
        currency=current_tenant().currency,
        segment_name=lambda public_id: names.get(UUID(public_id), "?"),
    )
