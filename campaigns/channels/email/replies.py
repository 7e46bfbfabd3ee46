"""What a mail server's answer means for one message (RFC 5321, 4.2; RFC 3463)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from campaigns.channels.contracts import Fault, Rejected, Sent

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_QUEUE_ID = re.compile(
    r"(?:queued as|queued mail|id=|Message accepted)\s*([\w.@-]{4,64})", re.IGNORECASE
)
_MAX_REASON = 500
SERVICE_CLOSING = 421
_STORAGE = 452


class Stage(StrEnum):
    """Which of our lines was answered."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    CONTENT = "DATA"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `text` of several lines is joined by spaces, without codes."""

    code: int
    text: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        found = _ENHANCED.match(self.text)
        return found[0] if found else ""


def accepted(reply: Reply) -> Sent:
    found = _QUEUE_ID.search(reply.text)
    return Sent(found[1] if found else "")


def refused(stage: Stage, reply: Reply, recipient: str) -> Rejected:
    """The outcome behind a 4xx or 5xx; the address is taken out of the server's words."""
    enhanced = reply.enhanced
    words = re.sub(re.escape(recipient), "<recipient>", reply.text, flags=re.IGNORECASE)
    return Rejected(
        reason=f"{stage}: {words}"[:_MAX_REASON],
        code=f"{reply.code} {enhanced}".strip(),
        permanent=reply.code >= 500 and not enhanced.endswith(".2.2"),
        fault=_fault(stage, reply.code, enhanced),
    )


def is_full(stage: Stage, reply: Reply) -> bool:
    """The server (not one mailbox) has no room: everything after would be refused as well."""
    if reply.enhanced:
        return reply.enhanced == "4.3.1"
    return reply.code == _STORAGE and stage is not Stage.RECIPIENT


def _fault(stage: Stage, code: int, enhanced: str) -> Fault:
    if enhanced:
        subject, detail = enhanced.split(".")[1:]
        if subject == "1" and detail in {"7", "8"}:  # the sender's address
            return Fault.SERVER
        if enhanced.endswith(".3.4") or subject == "6":  # too big; media
            return Fault.MESSAGE
        is_mailbox = subject in {"1", "2"} and stage is not Stage.SENDER
        return Fault.RECIPIENT if is_mailbox else Fault.SERVER
    if stage is Stage.RECIPIENT and code in {450, 550, 551, 552, 553}:
        return Fault.RECIPIENT
    if stage is Stage.CONTENT and code in {550, 552, 554}:
        return Fault.MESSAGE
    return Fault.SERVER
