"""How the sending path forgets a person: counts stay, proofs go apart, letters go."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.delivery.models import Message
from cvm_platform.common import bulk
from cvm_platform.local.mailbox import FILE_NAME
from tenants.erasure.contracts import Busy, Eraser, Finding, Means, Person, Rule
from tenants.erasure.registry import add_eraser, add_rule
from tenants.erasure.services import keep_proofs
from tenants.tenancy.selectors import current_tenant

# Moments become those of the whole dispatch: by his own one would find the person's proof.
_MESSAGES = """
UPDATE delivery_message AS t SET customer_id = u.stand_in, contact_id = NULL,
    permission_id = NULL, provider_id = '', detail = '', handed_over_at = NULL,
    created_at = coalesce(d.started_at, t.created_at),
    sent_at = CASE WHEN d.finished_at < t.sent_at + interval '1 day' THEN d.finished_at
                   ELSE t.sent_at END
FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, stand_in), delivery_dispatch d
WHERE t.customer_id = u.id AND d.id = t.dispatch_id
"""
_OLD_DETAILS = "detail <> '' AND created_at < %s"


def forget_messages(people: Sequence[Person]) -> int:
    """Raises: Busy: a letter to one of them is on the wire just now."""
    ids = [person.customer_id for person in people]
    if Message.objects.filter(customer_id__in=ids, state=Message.State.SENDING).exists():
        raise Busy
    keep_proofs(customer_ids=ids)
    return bulk.run(
        _MESSAGES,
        bulk.columns_of([(person.customer_id, person.stand_in) for person in people], 2),
    )


def forget_letters(people: Sequence[Person]) -> int:
    """Letters in the built-in catcher; a real mail server has its own term."""
    addresses = [text for person in people for text in person.emails]
    box = Path(settings.MAIL_CATCHER_DIR or ".") / FILE_NAME
    if not settings.MAIL_CATCHER_DIR or not addresses or not box.exists():
        return 0
    mine, taken = f"bounce-{current_tenant().pk}-%", 0
    with closing(sqlite3.connect(box, timeout=30)) as database, database:
        for address in addresses:
            rows = database.execute(
                "SELECT id FROM message WHERE sender LIKE ? AND instr(lower(recipients), ?) > 0",
                [mine, address.lower()],
            ).fetchall()
            database.executemany("DELETE FROM content WHERE id = ?", rows)
            database.executemany("DELETE FROM message WHERE id = ?", rows)
            taken += len(rows)
    return taken


def _old_details(cutoff: datetime) -> Finding:
    [(count,)] = bulk.fetch(f"SELECT count(*) FROM delivery_message WHERE {_OLD_DETAILS}", [cutoff])
    return Finding(int(count))


def _clear_details(cutoff: datetime) -> int:
    return bulk.run(f"UPDATE delivery_message SET detail = '' WHERE {_OLD_DETAILS}", [cutoff])


def register() -> None:
    add_eraser(
        Eraser("delivery.Message", Means.STAND_IN, ("messages",), "delivery_message", order=25,
               run=forget_messages)
    )  # fmt: skip
    add_eraser(
        Eraser("delivery.Recipient", Means.STAND_IN, ("messages",), "delivery_recipient", order=26)
    )
    add_eraser(Eraser("delivery.letters", Means.DELETE, ("letters",), order=27, run=forget_letters))
    add_rule(
        Rule("messages", _("What mail servers answered about messages"), _old_details,
             _clear_details, ("messages",))
    )  # fmt: skip
