"""The verdict about a channel: all rules in force, and nothing that is not allowed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from tenants.channel_law import contracts as c
from tenants.channel_law.contracts import Rule, Verdict
from tenants.channel_law.judging import judge

DAY = date(2026, 11, 26)
SMS = Rule(
    "sms", ("SMS",), ("advertising", "service"), ("sender_contract", "recipient"),
    date(2014, 1, 1), None, "126-FZ", "V", {"en": "SMS"}, quiet=("21:00", "09:00"),
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    is_regulated: bool = False
    opinions: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset({"SMS"})
    has_label: bool = False
    closed: Mapping[str, str] = field(default_factory=dict)
    cleared: frozenset[str] = frozenset({"SMS"})

    def is_cleared(self, channel: str) -> bool:
        return channel in self.cleared


def verdict(*rules: Rule, facts: Facts | None = None, kind: str = "advertising",
            erid: str = "") -> Verdict:  # fmt: skip
    return judge("SMS", kind, rules=rules, facts=facts or Facts(), day=DAY, erid=erid)


def test_all_needs_are_met() -> None:
    found = verdict(SMS)
    assert (found.allowed, found.code, found.missing) == (True, "", ())
    assert found.quiet == ("21:00", "09:00")
    assert found.until is None


def test_nothing_is_allowed_that_no_rule_allows() -> None:
    assert verdict().code == c.CHANNEL_LAW
    assert verdict(SMS, kind="legal").code == c.CHANNEL_LAW
    assert verdict(replace(SMS, channels=("EMAIL",))).code == c.CHANNEL_LAW


@pytest.mark.parametrize(
    ("need", "facts", "code"),
    [
        ("sender_contract", Facts(senders=frozenset()), c.CHANNEL_LAW),
        ("recipient", Facts(cleared=frozenset()), c.CROSS_BORDER),
        ("opinion", Facts(), c.CHANNEL_LAW),
        ("call_label", Facts(), c.CHANNEL_LAW),
        ("not_regulated", Facts(is_regulated=True), c.CHANNEL_LAW),
        ("erid", Facts(), c.CHANNEL_LAW),
        ("never", Facts(), c.CHANNEL_LAW),
        ("of a newer file", Facts(), c.CHANNEL_LAW),
    ],
)
def test_each_need_alone(need: str, facts: Facts, code: str) -> None:
    found = verdict(replace(SMS, needs=(need,)), facts=facts)
    assert (found.allowed, found.code, found.rule) == (False, code, "sms")


def test_the_law_of_the_channel_comes_before_the_border() -> None:
    found = verdict(SMS, facts=Facts(senders=frozenset(), cleared=frozenset()))
    assert (found.code, found.missing) == (c.CHANNEL_LAW, ("sender_contract", "recipient"))


def test_a_stricter_rule_beside_a_mild_one_holds() -> None:
    strict = replace(SMS, code="strict", needs=("opinion",))
    assert verdict(SMS, strict).rule == "strict"
    assert verdict(SMS, strict, facts=Facts(opinions=frozenset({"SMS"}))).allowed


def test_rules_hold_from_their_first_day_to_their_last() -> None:
    until = replace(SMS, valid_to=DAY)
    assert verdict(until).allowed
    assert verdict(until).until == DAY
    assert not verdict(replace(SMS, valid_to=date(2026, 11, 25))).allowed
    later = replace(SMS, code="later", needs=("never",), valid_from=date(2027, 3, 1))
    assert verdict(SMS, later).allowed
    assert verdict(SMS, later).until == date(2027, 2, 28)


def test_an_erid_is_of_the_very_advertisement() -> None:
    rule = replace(SMS, needs=("erid",))
    assert not verdict(rule, erid=" ").allowed
    assert verdict(rule, erid="2VtzqwErid").allowed


def test_the_company_may_be_stricter() -> None:
    found = verdict(SMS, facts=Facts(closed={"SMS": "too dear"}))
    assert (found.allowed, found.code, found.missing) == (False, c.CHANNEL_LAW, (c.CLOSED_HERE,))
    assert "too dear" in found.sentence
