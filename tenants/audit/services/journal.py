"""The writer of the processing log: one statement for any number of lines."""

from collections.abc import Sequence

from django.http import HttpRequest

from cvm_platform.common import bulk, clock
from tenants.audit.contracts import Actor, ProcessingRow, Result
from tenants.audit.watch import Notes

_INSERT = """
INSERT INTO audit_processingentry (at, actor, actor_role, ip, action, object_type, object_id,
    subject_id, categories, purpose, basis, count, reason, result)
SELECT u.at, u.actor, u.role, u.ip, u.action, u.object_type, u.object_id, u.subject_id,
    string_to_array(u.categories, ','), u.purpose, u.basis, u.count, u.reason, u.result
FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::inet[], %s::text[], %s::text[],
    %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
    %s::text[])
    AS u (at, actor, role, ip, action, object_type, object_id, subject_id, categories, purpose,
          basis, count, reason, result)
"""
_WIDTH = 14


def log_processing(*, rows: Sequence[ProcessingRow]) -> int:
    """Writes lines of the log in the caller's transaction; what cannot be logged does not happen.

    Returns how many. Cut to the columns: 300 characters of a reason, 40 of a field's name.
    """
    if not rows:
        return 0
    now = clock.now()
    values = [
        (
            row.at or now, row.actor.name[:60], row.actor.role[:20], row.actor.ip, row.action,
            row.object_type[:60], row.object_id[:60], row.subject_id,
            ",".join(sorted(name.replace(",", " ")[:40] for name in row.categories)),
            row.purpose[:30], row.basis[:80], row.count, row.reason[:300], row.result,
        )
        for row in rows
    ]  # fmt: skip
    return bulk.run(_INSERT, bulk.columns_of(values, _WIDTH))


def log_request(request: HttpRequest, notes: Notes, *, is_denied: bool) -> None:
    """One line for what a request opened; the address of the page stands for the object."""
    match = request.resolver_match
    one = next(iter(notes.subjects)) if len(notes.subjects) == 1 else None
    log_processing(
        rows=[
            ProcessingRow(
                actor=Actor.of(request), action=notes.action, object_type="page",
                object_id=match.view_name if match else "", subject_id=one,
                categories=sorted(notes.categories), purpose=notes.purpose, basis=notes.basis,
                count=notes.count, reason=notes.reason,
                result=Result.DENIED if is_denied else Result.DONE,
            )
        ]
    )  # fmt: skip
