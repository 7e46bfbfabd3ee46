"""Terms a new company starts with; from then on they are its own (specification 7.4)."""

from typing import Any

from tenants.erasure.contracts import RetentionAction, Trigger

DAY, YEAR = 24, 365 * 24
DESTROY = RetentionAction.DESTROY

# (code, trigger, hours, action, ground, whether a second person looks)
POLICIES = (
    ("profiles", Trigger.LAST_ACTIVITY, 3 * YEAR, DESTROY, "152-FZ 5(7), 21(4)", True),
    ("visitors", Trigger.LAST_ACTIVITY, YEAR, DESTROY, "152-FZ 5(7), 21(4)", True),
    ("events", Trigger.COLLECTED, 2 * YEAR, DESTROY, "152-FZ 5(7)", True),
    ("messages", Trigger.AD_LAST_SENT, 396 * DAY, RetentionAction.AGGREGATE,
     "38-FZ 12; 152-FZ 5(7)", True),
    ("import_files", Trigger.COLLECTED, 30 * DAY, DESTROY, "152-FZ 5(7)", False),
    ("rejected_events", Trigger.COLLECTED, 30 * DAY, DESTROY, "152-FZ 5(7)", False),
    ("event_keys", Trigger.COLLECTED, YEAR, DESTROY, "152-FZ 5(7)", False),
    ("api_answers", Trigger.COLLECTED, 7 * DAY, DESTROY, "152-FZ 5(7)", False),
    ("sending_proofs", Trigger.AD_LAST_SENT, 3 * YEAR, DESTROY, "38-FZ 12", False),
    ("acts", Trigger.PURPOSE_ACHIEVED, 3 * YEAR, DESTROY, "RKN 179", False),
)  # fmt: skip


def plant(model: Any) -> int:
    """Adds the policies that are missing; `model` may be a migration's."""
    known = set(model.objects.values_list("code", flat=True))
    rows = [
        model(code=code, trigger=trigger.value, hours=hours, action=action.value,
              legal_ground=ground, needs_approval=needs_approval, position=position)
        for position, (code, trigger, hours, action, ground, needs_approval) in enumerate(POLICIES)
        if code not in known
    ]  # fmt: skip
    model.objects.bulk_create(rows)
    return len(rows)
