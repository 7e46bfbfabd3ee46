"""What comes back about a message after it left: by code, from a channel's adapter or its hook."""

from enum import StrEnum

from django.utils.translation import gettext as _

from analytics.events.contracts import NewEvent
from analytics.events.models import Event
from analytics.events.services import record_events
from campaigns.delivery import services
from campaigns.delivery.models import Dispatch, Message
from cvm_platform.common import clock
from tenants.customers.models import ContactPoint
from tenants.privacy.contracts import StopKind
from tenants.privacy.services import stop_channel

SOURCE = "delivery"


class Report(StrEnum):
    COMPLAINT = "complaint"  # a feedback loop: the reader pressed “spam”
    OPERATOR_REFUSED = "operator_refused"  # the subscriber refused mailings at the operator
    NO_ADDRESS = "no_address"  # it turned out later that there is no such address
    CHANGED_HANDS = "changed_hands"  # the number belongs to somebody else now


# what each means for the address: (stop, where it was said, event)
_MEANING = {
    Report.COMPLAINT: (StopKind.SPAM_COMPLAINT, "FBL", "complaint"),
    Report.OPERATOR_REFUSED: (StopKind.OPERATOR_REFUSAL, "API", "unsubscribe"),
    Report.NO_ADDRESS: (StopKind.HARD_BOUNCE, "BOUNCE", "bounce"),
    Report.CHANGED_HANDS: (StopKind.ADDRESS_CHANGED, "API", "bounce"),
}


def take_report(*, dispatch_id: int, customer_id: int, report: Report) -> bool:
    """The address is shut for the channel before this returns; telling it twice is once.

    Returns:
        Whether this was news; False for a message that never was.
    """
    message = Message.objects.filter(dispatch_id=dispatch_id, customer_id=customer_id).first()
    contact = ContactPoint.objects.filter(pk=message.contact_id or 0).first() if message else None
    if message is None or contact is None:
        return False
    dispatch = Dispatch.objects.get(pk=dispatch_id)
    kind, source, event = _MEANING[report]
    is_news = stop_channel(
        customer_id=customer_id, channel=dispatch.channel,
        address_hmac=bytes(contact.address_hmac), source=source, kind=kind,
        details={"dispatch": dispatch_id},
    )  # fmt: skip
    record_events(
        events=[
            NewEvent(
                customer_id, clock.now(), event, subject_id=dispatch_id,
                properties={"source": report.value},
                key=f"{report.value}:{dispatch_id}:{customer_id}",
            )
        ],
        source=SOURCE,
    )  # fmt: skip
    if report == Report.COMPLAINT:
        _brake(dispatch_id)
    return is_news


def _brake(dispatch_id: int) -> None:
    complaints = Event.objects.filter(subject_id=dispatch_id, kind="complaint").count()
    if services.complains_too_much(dispatch_id, complaints):
        services.pause_if_running(
            dispatch_id, _("Too many readers complain: 0.3 % or more. Look at whom you write to.")
        )
