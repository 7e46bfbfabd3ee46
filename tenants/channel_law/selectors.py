"""What the law says of channels now, for the company of the connection."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden
from tenants.channel_law import contracts as c
from tenants.channel_law.contracts import Rule, Verdict
from tenants.channel_law.judging import judge
from tenants.channel_law.models import (
    CallLabel,
    ChannelRule,
    ChannelSwitch,
    LegalOpinion,
    RuleBook,
    SenderId,
)
from tenants.registers import selectors as registers
from tenants.registers.seeds import MAIL
from tenants.tenancy.selectors import current_tenant


class LiveFacts:
    """What stands in the tables; each question is asked once and only when a rule asks it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._day = day_of(now)
        self._cleared: dict[str, bool] = {}

    @cached_property
    def is_regulated(self) -> bool:
        operator = registers.operator()
        return bool(operator.foreign_messenger_prohibited or operator.regulated)

    @cached_property
    def opinions(self) -> frozenset[str]:
        found = LegalOpinion.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=self._day),
            status=LegalOpinion.Status.APPROVED, signed_on__lte=self._day,
        )  # fmt: skip
        return frozenset(found.values_list("channel", flat=True))

    @cached_property
    def senders(self) -> frozenset[str]:
        return frozenset(
            _in_force(SenderId.objects.all(), self._day).values_list("channel", flat=True)
        )

    @cached_property
    def has_label(self) -> bool:
        return _in_force(CallLabel.objects.all(), self._day).exists()

    @cached_property
    def closed(self) -> Mapping[str, str]:
        return dict(ChannelSwitch.objects.values_list("channel", "reason"))

    def is_cleared(self, channel: str) -> bool:
        if channel not in self._cleared:
            code = recipient_of(channel)
            self._cleared[channel] = registers.recipient_cleared(code, self._now)
        return self._cleared[channel]


def lawful(
    channel: str, message_class: str, now: datetime | None = None, *, erid: str = ""
) -> Verdict:
    """Whether messages of this class may be sent through the channel at all."""
    at = now or clock.now()
    return judge(
        channel, message_class, rules=rules_of(channel), facts=LiveFacts(at), day=day_of(at),
        erid=erid,
    )  # fmt: skip


def recipient_of(channel: str) -> str:
    """Code of the channel's provider in the register of recipients."""
    return MAIL if channel == c.EMAIL else channel.lower().replace("_", "-")


def demand_lawful(channel: str, message_class: str, *, erid: str = "") -> Verdict:
    """`lawful`, or no.

    Raises:
        Forbidden: with the block code of the send gate.
    """
    verdict = lawful(channel, message_class, erid=erid)
    if not verdict.allowed:
        raise Forbidden(
            verdict.sentence, code=verdict.code, fields={"channel": verdict.sentence},
            params={"rule": verdict.rule, "missing": list(verdict.missing)},
        )  # fmt: skip
    return verdict


def has_opinion(subject: str, now: datetime | None = None) -> bool:
    """Whether an approved opinion on a channel, or on `contracts.MINORS`, is in force."""
    return subject in LiveFacts(now or clock.now()).opinions


def all_verdicts(now: datetime | None = None) -> dict[str, dict[str, Verdict]]:
    """{channel: {class: verdict}}, advertising and service, of every channel that is known."""
    at = now or clock.now()
    rules, facts, day = rules_of(), LiveFacts(at), day_of(at)
    return {
        channel: {
            kind: judge(channel, kind, rules=rules, facts=facts, day=day)
            for kind in (c.ADVERTISING, c.SERVICE)
        }
        for channel in c.CHANNELS
    }


def rules_of(channel: str = "") -> list[Rule]:
    """As they were loaded: past, present and future ones."""
    found = ChannelRule.objects.order_by("id")
    if channel:
        found = found.filter(body__channels__contains=[channel])
    return [rule_from(each.code, each.body, each.valid_from, each.valid_to) for each in found]


def rule_from(code: str, body: Mapping[str, Any], since: date, until: date | None) -> Rule:
    quiet = body.get("quiet")
    return Rule(
        code=code, channels=tuple(body["channels"]), classes=tuple(body["classes"]),
        needs=tuple(body["needs"]), valid_from=since, valid_to=until, act=body["act"],
        certainty=body["certainty"], texts=dict(body["texts"]),
        quiet=(quiet[0], quiet[1]) if quiet else None,
        consent_always=bool(body.get("consent_always")),
    )  # fmt: skip


def facts() -> LiveFacts:
    return LiveFacts(clock.now())


def today() -> date:
    return day_of(clock.now())


def day_of(now: datetime) -> date:
    """Days of the law are days where the company is."""
    return now.astimezone(ZoneInfo(current_tenant().timezone)).date()


def rule_book() -> RuleBook | None:
    return RuleBook.objects.order_by("-id").first()


def opinions_of(channel: str) -> QuerySet[LegalOpinion]:
    return LegalOpinion.objects.filter(channel=channel).defer("content")


def opinion_by(public_id: UUID) -> LegalOpinion | None:
    return LegalOpinion.objects.filter(public_id=public_id).first()


def senders_of(channel: str) -> QuerySet[SenderId]:
    return SenderId.objects.filter(channel=channel)


def labels() -> QuerySet[CallLabel]:
    return CallLabel.objects.all()


def switch_of(channel: str) -> ChannelSwitch | None:
    return ChannelSwitch.objects.filter(channel=channel).first()


def _in_force(found: QuerySet[Any], day: date) -> QuerySet[Any]:
    return found.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)
