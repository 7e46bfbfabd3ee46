"""Writing segments: rules are checked before they are kept, members are brought up to date."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from campaigns.segments import sheltering, statements
from campaigns.segments.contracts import SCHEMA_VERSION, NodeError, Tree
from campaigns.segments.models import Segment, SegmentMember, SegmentSize
from campaigns.segments.published import fits_schema
from campaigns.segments.selectors import compiled, freshness_of, tree_of, used_in
from campaigns.segments.validation import check_references, check_tree
from campaigns.segments.words import quoted
from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.audit.services import SYSTEM, Actor, record
from tenants.tenancy.selectors import current_tenant

MAX_NAME = 200


class InvalidTree(InvalidInput):
    """The rule cannot be kept; `errors` says what is wrong at which node."""

    code = "invalid_rule"

    def __init__(self, errors: list[NodeError]) -> None:
        self.errors = errors
        fields = {
            "tree" + error.pointer + (f"/{error.field}" if error.field else ""): error.message
            for error in errors
        }
        super().__init__(_("The rule has mistakes: see the conditions."), fields=fields)


def errors_of(tree: Any, *, own: UUID | None = None) -> list[NodeError]:
    """Everything wrong with a rule, by node."""
    return check_tree(tree) or check_references(tree, tree_of, own)


def _checked_name(name: str, own: int | None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        text = _("Enter a name of up to 200 characters.")
        raise InvalidInput(text, fields={"name": text})
    same = Segment.objects.filter(name=name, is_archived=False).exclude(pk=own or 0)
    if same.exists():
        text = _("There is a segment of this name already.")
        raise Conflict(text, code="name_taken", fields={"name": text})
    return name


def _checked_tree(tree: Any, own: UUID | None) -> Tree:
    errors = errors_of(tree, own=own)
    if not errors and not fits_schema(tree):
        # the published schema and the typed checks must agree; keep what both accept
        errors = [NodeError("", "", "schema", _("The rule does not fit its JSON Schema."))]
    if errors:
        raise InvalidTree(errors)
    checked: Tree = tree
    return checked


@transaction.atomic
def create_segment(*, name: str, tree: Any, actor: Actor = SYSTEM) -> Segment:
    """Keeps a new rule and queues its first count.

    Raises:
        InvalidTree: with the errors by node.
        InvalidInput, Conflict: the name is empty, too long or taken.
    """
    bulk.lock_tenant("segments")
    segment = Segment.objects.create(
        name=_checked_name(name, None), tree=_checked_tree(tree, None),
        schema_version=SCHEMA_VERSION, created_by=actor.name,
    )  # fmt: skip
    record(actor=actor, action="segment.created", target=segment)
    enqueue("segments.refresh", segment_id=segment.pk)
    return segment


@transaction.atomic
def update_segment(
    *,
    public_id: UUID,
    name: str | None = None,
    tree: Any = None,
    version: int | None = None,
    actor: Actor = SYSTEM,
) -> Segment:
    """Changes the name, the rule or both; a changed rule is a new version.

    Args:
        version: the version the caller saw; another one in the meantime is a Conflict.

    Raises:
        NotFound, InvalidTree, InvalidInput, Conflict.
    """
    # one writer at a time: two edits at once could close a cycle that neither sees
    bulk.lock_tenant("segments")
    segment = _locked(public_id)
    if version is not None and version != segment.version:
        raise Conflict(
            _("Somebody changed this segment meanwhile. Reload the page to see it."),
            code="version_conflict",
        )
    if name is not None:
        segment.name = _checked_name(name, segment.pk)
    is_new_rule = tree is not None and tree != segment.tree
    if is_new_rule:
        segment.tree = _checked_tree(tree, segment.public_id)
        segment.version += 1
        segment.status = Segment.Status.STALE
    segment.save()
    record(actor=actor, action="segment.updated", target=segment,
           details={"version": segment.version})  # fmt: skip
    if is_new_rule:
        enqueue("segments.refresh", segment_id=segment.pk)
    return segment


@transaction.atomic
def archive_segment(*, public_id: UUID, archived: bool = True, actor: Actor = SYSTEM) -> Segment:
    """Takes a segment off the list, or back on it.

    Raises:
        Conflict: other segments are made of it, or its name was taken meanwhile.
    """
    bulk.lock_tenant("segments")
    segment = _locked(public_id)
    users = used_in(segment) if archived else []
    if users:
        names = ", ".join(quoted(one.name) for one in users[:5])
        text = _("Other segments use it: %(names)s. Change them first.") % {"names": names}
        raise Conflict(text, code="segment_in_use")
    if not archived:
        _checked_name(segment.name, segment.pk)
    segment.is_archived = archived
    segment.save(update_fields=["is_archived", "updated_at"])
    action = "segment.archived" if archived else "segment.restored"
    record(actor=actor, action=action, target=segment)
    return segment


@transaction.atomic
def request_refresh(*, public_id: UUID, actor: Actor = SYSTEM) -> Segment:
    """Queues a count; one under way is enough."""
    segment = _locked(public_id)
    if freshness_of(segment).status == Segment.Status.REFRESHING:
        return segment
    segment.status, segment.started_at = Segment.Status.REFRESHING, clock.now()
    segment.save(update_fields=["status", "started_at"])
    record(actor=actor, action="segment.refresh_requested", target=segment)
    enqueue("segments.refresh", segment_id=segment.pk)
    return segment


def refresh_segment(segment_id: int) -> Segment:
    """Brings the stored members up to date. Those who stay keep the time they joined.

    A failure leaves the members as they were and says so: status "failed", with the cause.

    Raises:
        NotFound, DatabaseError, TooSlow.
    """
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise NotFound(_("There is no such segment."))
    Segment.objects.filter(pk=segment_id).update(
        status=Segment.Status.REFRESHING, started_at=clock.now()
    )
    try:
        _refresh_members(segment_id)
    except Exception as error:
        Segment.objects.filter(pk=segment_id).update(
            status=Segment.Status.FAILED, error=_cause(error)
        )
        raise
    return Segment.objects.get(pk=segment_id)


@transaction.atomic
def _refresh_members(segment_id: int) -> None:
    # waits for another count of the same segment, then reads the newest rule
    segment = Segment.objects.select_for_update().get(pk=segment_id)
    errors = errors_of(segment.tree, own=segment.public_id)
    if errors:
        raise InvalidTree(errors)
    now = clock.now()
    statement = statements.refreshing(
        compiled(segment.tree, as_of=now), segment_id=segment_id, joined_at=now
    )
    # Of a table whose file is empty the planner expects nothing, and would look through what the
    # statement has just put there for each of the next million.
    is_first = not SegmentMember.objects.exists()
    with bulk.one_pass() if is_first else nullcontext():
        (count, joined, left), ms = statements.timed(
            lambda: statements.run(statement, statements.REFRESH_TIMEOUT_MS)
        )
    segment.count, segment.refreshed_at, segment.refresh_ms = count, now, ms
    segment.shown_count = _shown_count(segment)
    segment.status, segment.error, segment.started_at = Segment.Status.FRESH, "", None
    segment.save()
    SegmentSize.objects.create(
        segment=segment, at=now, version=segment.version, count=count, joined=joined, left=left
    )


def _shown_count(segment: Segment) -> int | None:
    """How many fit the rule without its conditions about single people; None: too slow."""
    zone, limit = current_tenant().timezone, statements.REFRESH_TIMEOUT_MS
    try:
        shown = sheltering.sheltered(segment.tree, zone=zone, find=tree_of, timeout_ms=limit)
        if shown == segment.tree:
            return segment.count
        return int(statements.run(statements.counting(compiled(shown)), limit)[0])
    except statements.TooSlow:
        return None


def _cause(error: Exception) -> str:
    if isinstance(error, InvalidTree):
        return str(error.errors[0])
    if isinstance(error, statements.TooSlow):
        return _("The count took longer than ten minutes and was stopped.")
    if isinstance(error, DatabaseError):
        return statements.cause_of(error)
    return type(error).__name__


def refresh_all() -> int:
    """Queues a count of every living segment of the tenant; gives their number."""
    ids = list(
        Segment.objects.filter(is_archived=False).order_by("pk").values_list("pk", flat=True)
    )
    for number, segment_id in enumerate(ids):
        enqueue("segments.refresh", countdown=number, segment_id=segment_id)
    return len(ids)


def _locked(public_id: UUID) -> Segment:
    found = Segment.objects.select_for_update().filter(public_id=public_id).first()
    if found is None:
        raise NotFound(_("There is no such segment."))
    return found
