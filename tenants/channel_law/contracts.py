"""Words of the law of channels: what may be sent at all, whoever it is sent to. No Django models.

Channels have the names of the permissions to advertise (126-FZ, 38-FZ), and two more that need
none: posts for everybody and advertising networks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.utils.translation import get_language, pgettext_lazy

EMAIL = "EMAIL"
CALL_MASS = "CALL_MASS"
CHANNELS: Mapping[str, Any] = {
    EMAIL: pgettext_lazy("channel of the law", "E-mail"),
    "SMS": pgettext_lazy("channel of the law", "SMS"),
    "CALL_HUMAN": pgettext_lazy("channel of the law", "Calls by people"),
    CALL_MASS: pgettext_lazy("channel of the law", "Automatic calls"),
    "PUSH_APP": pgettext_lazy("channel of the law", "Push to the app (RuStore)"),
    "PUSH_WEB": pgettext_lazy("channel of the law", "Push in the browser"),
    "MESSENGER_MAX": pgettext_lazy("channel of the law", "MAX messenger"),
    "MESSENGER_VK": pgettext_lazy("channel of the law", "VK messages"),
    "MESSENGER_TELEGRAM": pgettext_lazy("channel of the law", "Telegram messenger"),
    "MESSENGER_WHATSAPP": pgettext_lazy("channel of the law", "WhatsApp messenger"),
    "POSTAL": pgettext_lazy("channel of the law", "Letters on paper"),
    "PUBLIC_POST": pgettext_lazy("channel of the law", "Posts for everybody"),
    "AD_NETWORK": pgettext_lazy("channel of the law", "Advertising networks"),
}
# what an opinion may be about besides channels: writing to people of 14 to 17
MINORS = "MINORS"
SUBJECTS: Mapping[str, Any] = {
    **CHANNELS, MINORS: pgettext_lazy("channel of the law", "People of 14 to 17")
}  # fmt: skip
ADVERTISING, SERVICE, LEGAL = "advertising", "service", "legal"
CLASSES = (ADVERTISING, SERVICE, LEGAL)

# ---- block codes of the send gate that are decided here (152-FZ specification, 6.2)
CHANNEL_LAW = "B_CHANNEL_LAW"
CROSS_BORDER = "B_CROSS_BORDER"

# ---- what a rule may ask for
NEVER = "never"  # closed, and nothing opens it
OPINION = "opinion"  # a lawyer's opinion that the client's officer has approved
NOT_REGULATED = "not_regulated"  # the client is no bank, state body … (41-FZ)
SENDER_CONTRACT = "sender_contract"  # the sender's name is registered at a mobile operator
CALL_LABEL = "call_label"  # the name that subscribers see (41-FZ)
ERID = "erid"  # the mark of internet advertising (38-FZ, article 18.1)
RECIPIENT = "recipient"  # the provider is in Russia, or the notice to the regulator is cleared
NEEDS = (NEVER, NOT_REGULATED, OPINION, SENDER_CONTRACT, CALL_LABEL, ERID, RECIPIENT)
CLOSED_HERE = "closed_here"  # the company itself closed it

LONGEST_LABEL = 32  # 41-FZ: a caller's name
LONGEST_FILE = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the law, as it was loaded; dates are days, the last one included.

    Args:
        quiet: (from, to) HH:MM by the recipient's clock, when nothing is sent.
        consent_always: the channel needs a permission for every class of messages.
        certainty: V checked with the text, S from secondary sources, G general knowledge,
            P a decision of the platform.

    """

    code: str
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    needs: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    act: str
    certainty: str
    texts: Mapping[str, str]
    quiet: tuple[str, str] | None = None
    consent_always: bool = False

    @property
    def text(self) -> str:
        """In the reader's language; English where the data has no other."""
        return self.texts.get((get_language() or "en")[:2]) or self.texts["en"]

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a channel may be used for messages of a class.

    Args:
        code: of the send gate, "" when allowed.
        sentence: why, for people; what must be done is in `missing`.
        rule: code of the rule that decided, "" when none did.
        missing: needs that are not met, the deciding one first.
        until: the last day on which this answer holds by what is known now.

    """

    allowed: bool
    code: str = ""
    sentence: str = ""
    rule: str = ""
    missing: tuple[str, ...] = ()
    until: date | None = None
    quiet: tuple[str, str] | None = None
    consent_always: bool = False


class Facts(Protocol):
    """What the company has done for its channels; asked for only where a rule needs it."""

    @property
    def is_regulated(self) -> bool:
        """Whether the company may not use foreign messengers."""

    @property
    def opinions(self) -> frozenset[str]:
        """Channels with an approved opinion in force."""

    @property
    def senders(self) -> frozenset[str]:
        """Channels with a contract in force for a sender's name."""

    @property
    def has_label(self) -> bool:
        """Whether a label of calls is in force."""

    @property
    def closed(self) -> Mapping[str, str]:
        """Channels that the company closed itself, with its reason."""

    def is_cleared(self, channel: str) -> bool:
        """Whether the channel's provider may get personal data."""
