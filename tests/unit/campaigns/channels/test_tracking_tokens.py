import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channels.tracking import (
    TOKEN_CHARACTERS,
    TOKEN_PATTERN,
    MessageUrls,
    Purpose,
    Tracked,
    Tracker,
    TrackingKeys,
)

KEYS = TrackingKeys({1: b"1" * 32}, active=1)
TRACKER = Tracker(KEYS, "https://go.shop.example/")
WHO = Tracked(tenant_id=7, message_id=123_456_789, customer_id=55)
TOKEN_OF: dict[Purpose, Callable[[MessageUrls], str]] = {
    Purpose.CLICK: lambda urls: urls.click_base.split("/")[-2],
    Purpose.OPEN: lambda urls: urls.open_url.split("/")[-1].removesuffix(".gif"),
    Purpose.UNSUBSCRIBE: lambda urls: urls.unsubscribe_url.split("/")[-1],
}


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_opens_its_own_purpose_and_no_other(purpose: Purpose) -> None:
    token = TOKEN_OF[purpose](TRACKER.urls(WHO))
    assert re.fullmatch(TOKEN_PATTERN, token)
    assert len(token) == TOKEN_CHARACTERS == 48
    opened = {other: TRACKER.read(token, other) for other in Purpose}
    assert opened == {other: (WHO if other is purpose else None) for other in Purpose}


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**48 - 1),
    st.sampled_from(list(Purpose)),
)
def test_every_id_comes_back(tenant: int, message: int, customer: int, purpose: Purpose) -> None:
    who = Tracked(tenant, message, customer)
    assert TRACKER.read(TOKEN_OF[purpose](TRACKER.urls(who)), purpose) == who


def test_any_changed_bit_makes_a_token_worthless() -> None:
    token = TOKEN_OF[Purpose.UNSUBSCRIBE](TRACKER.urls(WHO))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(token):
        for other in alphabet:
            if other != letter:
                changed = token[:place] + other + token[place + 1 :]
                assert TRACKER.read(changed, Purpose.UNSUBSCRIBE) is None


@given(st.text(max_size=80))
def test_noise_is_no_token(noise: str) -> None:
    assert TRACKER.read(noise, Purpose.CLICK) is None


def test_the_tokens_tell_nothing_of_the_ids() -> None:
    first, second = (
        TOKEN_OF[Purpose.OPEN](TRACKER.urls(Tracked(7, message, 55))) for message in (1, 2)
    )
    same = sum(one == other for one, other in zip(first[2:], second[2:], strict=True))
    assert same < 10  # about 46 / 64 by chance; sequential ids in the clear would share 40


def test_the_same_message_has_the_same_addresses() -> None:
    assert TRACKER.urls(WHO) == Tracker(KEYS, "https://go.shop.example").urls(WHO)


def test_messages_of_years_ago_open_after_the_keys_changed() -> None:
    old = TOKEN_OF[Purpose.UNSUBSCRIBE](TRACKER.urls(WHO))
    both = Tracker(TrackingKeys({1: b"1" * 32, 2: b"2" * 32}, active=2), "https://new.example")
    assert both.read(old, Purpose.UNSUBSCRIBE) == WHO
    assert TOKEN_OF[Purpose.UNSUBSCRIBE](both.urls(WHO)) != old
    without = Tracker(TrackingKeys({2: b"2" * 32}, active=2), "https://new.example")
    assert without.read(old, Purpose.UNSUBSCRIBE) is None


def test_another_installation_makes_other_tokens() -> None:
    other = Tracker(TrackingKeys({1: b"x" * 32}, active=1), "https://go.shop.example")
    assert other.read(TOKEN_OF[Purpose.CLICK](TRACKER.urls(WHO)), Purpose.CLICK) is None


def test_a_signed_link_belongs_to_its_tenant_and_address() -> None:
    signature = TRACKER.sign_link(7, "https://shop.example/я")
    assert TRACKER.check_link(7, "https://shop.example/я", signature)
    assert not TRACKER.check_link(8, "https://shop.example/я", signature)
    assert not TRACKER.check_link(7, "https://evil.example/", signature)
    for broken in ("", "1.", "9.AAAA", "x", "1.я", signature[:-1], "²." + signature):
        assert not TRACKER.check_link(7, "https://shop.example/я", broken)


@pytest.mark.parametrize(
    "base", ["", "go.example", "javascript:alert(1)", 'https://a"b', "https://a b", "ftp://a"]
)
def test_a_base_url_that_could_break_out_of_an_attribute_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="A tracking address"):
        Tracker(KEYS, base)


def test_keys_are_checked() -> None:
    with pytest.raises(ValueError, match="active key"):
        TrackingKeys({1: b"1" * 32}, active=2)
    with pytest.raises(ValueError, match="32 bytes"):
        TrackingKeys({1: b"short"}, active=1)
    with pytest.raises(ValueError, match="32 bytes"):
        TrackingKeys({256: b"1" * 32}, active=256)
