"""A longer term: once, before it is over, with a reasoned notice to the person."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.audit.services import Actor
from tenants.requests.contracts import MOST_EXTENSION, RULES, Status
from tenants.requests.models import RequestFile, SubjectRequest
from tenants.requests.services.clocks import open_tasks, set_terms
from tenants.requests.services.files import ask_file
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked_open

_LONGEST = 2_000


def extend(*, public_id: UUID, days: int, reason: str, actor: Actor) -> SubjectRequest:
    """The notice is sent now: the term grows by `days` working days from its old end.

    Raises:
        NotFound
        InvalidInput: more than five working days, or no reason.
        Conflict: the type knows no extension, it was extended, or the term is over.
    """
    text = reason.strip()[:_LONGEST]
    if not 1 <= days <= MOST_EXTENSION:
        problem = _("From one to five working days.")
        raise InvalidInput(problem, fields={"days": problem})
    if not text:
        problem = _("Write the reason: the notice to the person must name it.")
        raise InvalidInput(problem, fields={"reason": problem})
    with transaction.atomic():
        request = locked_open(public_id)
        now = clock.now()
        if not RULES[request.type].may_extend:
            raise Conflict(_("The law knows no longer term for this request."), code="no_extension")
        if request.extension_sent_at is not None:
            raise Conflict(_("The term was extended already; it may be once."), code="extended")
        if now >= request.due_at:
            raise Conflict(_("The term is over: it can no longer be extended."), code="too_late")
        was = request.due_at
        request.extension_days, request.extension_sent_at = days, now
        request.extension_reason = text
        set_terms(request)
        request.status = Status.EXTENDED
        request.save()
        note(request, actor, "extended", days=days, was=was.isoformat(),
             due=request.due_at.isoformat())  # fmt: skip
        open_tasks(request)
        ask_file(request=request, kind=RequestFile.Kind.EXTENSION, actor=actor)
    return request
