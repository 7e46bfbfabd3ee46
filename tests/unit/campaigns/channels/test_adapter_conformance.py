"""Every registered adapter: whatever the other side does, each message gets one outcome, and the
outcome is true as counted at the other side.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from campaigns.channels.contracts import (
    Address,
    Ambiguous,
    Capabilities,
    ChannelAdapter,
    EmailStream,
    Fault,
    Kind,
    NotAttempted,
    Outcome,
    OutgoingEmail,
    Rejected,
    Sent,
)
from campaigns.channels.registry import ADAPTERS, open_adapter
from cvm_platform.local.catcher import Catcher, Faults
from cvm_platform.local.mailbox import list_messages

MESSAGES = 60
STREAM = EmailStream(
    key="acme-b42",
    from_=Address("news@shop.example", "Shop"),
    return_path="bounce+{ref}@bounce.shop.example",
    message_id_domain="shop.example",
)


@dataclass
class Rig:
    """An adapter with the other side of its wire."""

    adapter: ChannelAdapter[Any]
    message: Callable[[int], Any]
    delivered: Callable[[], Counter[int]]  # by message_id, as the other side counts


def email_message(number: int) -> OutgoingEmail:
    return OutgoingEmail(
        message_id=number,
        to=Address(f"customer{number}@example.com"),
        stream=STREAM,
        subject=f"Письмо {number}",
        html=f"<p>Привет {number}</p>\n.\n" + "<p>строка</p>\n" * (number % 7 * 200),
        text="Привет\n",
        unsubscribe_url="https://go.shop.example/u/T",
    )


def _delivered(folder: Path) -> Counter[int]:
    counts: Counter[int] = Counter()
    for page in range(1, list_messages(folder).pages + 1):
        for message in list_messages(folder, page=page).messages:
            counts[int(message.recipients[0].split("@")[0].removeprefix("customer"))] += 1
    return counts


@contextmanager
def email_rig(folder: Path, query: str, faults: Faults) -> Iterator[Rig]:
    with Catcher(folder, faults) as catcher:
        adapter = open_adapter(Kind.EMAIL, f"{catcher.url}?timeout=30&{query}")
        try:
            yield Rig(adapter, email_message, lambda: _delivered(folder))
        finally:
            adapter.close()


RIGS: dict[Kind, Callable[[Path, str, Faults], AbstractContextManager[Rig]]] = {
    Kind.EMAIL: email_rig
}
WIRES = {
    "chunking": ("window=8", frozenset[str]()),
    "chunking-of-one": ("window=1", frozenset[str]()),
    "pipelining": ("", frozenset({"CHUNKING"})),
    "plain": ("", frozenset({"CHUNKING", "PIPELINING", "8BITMIME", "SIZE"})),
}
TROUBLE: dict[str, dict[str, Any]] = {
    "none": {},
    "rejects": {"reject_rate": 0.3},
    "defers": {"defer_rate": 0.3},
    "rejects-all": {"reject_rate": 1.1},
    "closing": {"closing_after": 20},
    "full": {"full_after": 20},
    "closed": {"closing_after": 1},
    "refuses-content": {"refuse_content": 3},
    "cut-before-data": {"cut_before_data": 13},
    "cut-before-data-always": {"cut_before_data": 1},
    "cut-in-data": {"cut_in_data": 13},
    "cut-after-data": {"cut_after_data": 13},
    "cut-after-data-lost": {"cut_after_data": 13, "cut_loses": True},
    "cut-after-data-often": {"cut_after_data": 2},
    "everything": {
        "reject_rate": 0.2,
        "defer_rate": 0.1,
        "refuse_content": 7,
        "cut_before_data": 29,
        "cut_in_data": 23,
        "cut_after_data": 17,
        "full_after": 30,
    },
}


def account(rig: Rig, outcomes: list[tuple[int, Outcome]], expected: int) -> dict[type, set[int]]:
    """Checks the books and returns message ids by kind of outcome."""
    assert sorted(key for key, _outcome in outcomes) == list(range(expected))
    delivered = rig.delivered()
    assert set(delivered.values()) <= {1}
    books: dict[type, set[int]] = {
        kind: {key for key, outcome in outcomes if isinstance(outcome, kind)}
        for kind in (Sent, Rejected, Ambiguous, NotAttempted)
    }
    assert books[Sent] <= set(delivered)
    assert not (books[Rejected] | books[NotAttempted]) & set(delivered)
    assert set(delivered) - books[Sent] <= books[Ambiguous]
    return books


@pytest.fixture(params=list(ADAPTERS))
def kind(request: pytest.FixtureRequest) -> Kind:
    assert isinstance(request.param, Kind)
    return request.param


def test_every_registered_adapter_has_a_rig() -> None:
    assert set(RIGS) == set(ADAPTERS) == set(Kind)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_books_add_up(kind: Kind, wire: str, trouble: str, tmp_path: Path) -> None:
    query, without = WIRES[wire]
    faults = Faults(**TROUBLE[trouble], without=without)
    with RIGS[kind](tmp_path, query, faults) as rig:
        outcomes = list(rig.adapter.send_many(rig.message(n) for n in range(MESSAGES)))
        books = account(rig, outcomes, MESSAGES)
    if not trouble.startswith(("cut", "everything")):
        assert books[Ambiguous] == set()
    if trouble == "none":
        assert len(books[Sent]) == MESSAGES
    if trouble == "rejects-all":
        assert len(books[Rejected]) == MESSAGES
    if trouble in {"closing", "full"}:
        assert len(books[Sent]) == 20
        assert books[NotAttempted]


@pytest.mark.parametrize("wire", WIRES)
def test_what_was_not_attempted_goes_through_at_the_next_call(
    kind: Kind, wire: str, tmp_path: Path
) -> None:
    query, without = WIRES[wire]
    with RIGS[kind](tmp_path, query, Faults(cut_after_data=5, without=without)) as rig:
        waiting = list(range(MESSAGES))
        settled: dict[int, Outcome] = {}
        for _call in range(MESSAGES):
            outcomes = list(rig.adapter.send_many(rig.message(n) for n in waiting))
            assert sorted(key for key, _outcome in outcomes) == waiting
            settled.update(outcomes)
            waiting = sorted(n for n in waiting if isinstance(settled[n], NotAttempted))
            if not waiting:
                break
        books = account(rig, list(settled.items()), MESSAGES)
    assert books[Sent] | books[Ambiguous] == set(range(MESSAGES))


def test_outcomes_come_while_messages_are_still_being_made(kind: Kind, tmp_path: Path) -> None:
    """A caller that writes down every 25 outcomes must see them before the slice ends."""
    made = seen = furthest = 0

    def messages(rig: Rig) -> Iterator[Any]:
        nonlocal made
        for made in range(1, MESSAGES + 1):
            yield rig.message(made - 1)

    with RIGS[kind](tmp_path, "window=8", Faults()) as rig:
        for _key, outcome in rig.adapter.send_many(messages(rig)):
            assert isinstance(outcome, Sent)
            seen += 1
            furthest = max(furthest, made - seen)
    assert seen == MESSAGES
    assert furthest < 8


def test_a_caller_that_leaves_early_does_not_poison_the_next_call(
    kind: Kind, tmp_path: Path
) -> None:
    with RIGS[kind](tmp_path, "window=8", Faults()) as rig:
        leaving = rig.adapter.send_many(rig.message(n) for n in range(MESSAGES))
        first = [next(leaving) for _outcome in range(3)]
        leaving.close()  # type: ignore[attr-defined]  # a generator, as every adapter's
        assert [key for key, _outcome in first] == [0, 1, 2]
        again = range(MESSAGES, 2 * MESSAGES)
        outcomes = list(rig.adapter.send_many(rig.message(n) for n in again))
        assert [(key, type(outcome)) for key, outcome in outcomes] == [(n, Sent) for n in again]
        delivered = rig.delivered()
    assert set(delivered.values()) == {1}
    assert set(again) <= set(delivered)
    assert len(set(delivered) - set(again)) <= 3 + 8


def test_a_caller_that_fails_gets_its_own_error_and_can_go_on(kind: Kind, tmp_path: Path) -> None:
    def broken(rig: Rig) -> Iterator[Any]:
        yield from (rig.message(n) for n in range(5))
        raise LookupError("the caller's own")

    with RIGS[kind](tmp_path, "window=8", Faults()) as rig:
        with pytest.raises(LookupError, match="the caller's own"):
            list(rig.adapter.send_many(broken(rig)))
        outcomes = list(rig.adapter.send_many([rig.message(9)]))
        assert [(key, type(outcome)) for key, outcome in outcomes] == [(9, Sent)]


def test_nothing_to_send_is_nothing_done(kind: Kind, tmp_path: Path) -> None:
    with RIGS[kind](tmp_path, "", Faults()) as rig:
        assert list(rig.adapter.send_many([])) == []
        rig.adapter.close()
        rig.adapter.close()


def test_nobody_there(kind: Kind, tmp_path: Path) -> None:
    with RIGS[kind](tmp_path, "", Faults()) as rig:
        adapter, message = rig.adapter, rig.message
    outcomes = list(adapter.send_many(message(n) for n in range(3)))
    assert [(key, type(outcome)) for key, outcome in outcomes] == [
        (n, NotAttempted) for n in range(3)
    ]
    assert {outcome.code for _key, outcome in outcomes if isinstance(outcome, NotAttempted)} == {
        "unreachable"
    }


def test_capabilities_and_kind_are_told(kind: Kind, tmp_path: Path) -> None:
    with RIGS[kind](tmp_path, "", Faults()) as rig:
        assert rig.adapter.kind is kind
        assert isinstance(rig.adapter.capabilities, Capabilities)


def test_a_wrong_address_of_a_channel_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match=r".+"):
        open_adapter(kind, "nonsense")


def test_a_message_that_cannot_be_written_down_stops_nobody(tmp_path: Path) -> None:
    bad = {3: "нет@example.com", 7: "", 9: "a@b\r\nRSET"}
    with email_rig(tmp_path, "", Faults()) as rig:
        outcomes = dict(
            rig.adapter.send_many(
                replace(email_message(n), to=Address(bad[n])) if n in bad else email_message(n)
                for n in range(10)
            )
        )
        delivered = rig.delivered()
    refusal = Rejected(
        "The address is wrong.", "bad_address", permanent=True, fault=Fault.RECIPIENT
    )
    domain = replace(refusal, reason="The address's domain is wrong.")
    assert {n: outcomes[n] for n in bad} == {3: refusal, 7: refusal, 9: domain}
    assert set(delivered) == set(range(10)) - set(bad)
    assert len(outcomes) == 10
