"""Who customers say they are: invented names, addresses on reserved domains, consents."""

import numpy as np

from cvm_platform.demo.coffee.calendar import DAY, Calendar
from cvm_platform.demo.coffee.catalog import CITIES
from cvm_platform.demo.coffee.habits import Habits
from cvm_platform.demo.coffee.streams import Bools, Columns, Ints, Texts, join
from cvm_platform.demo.names import (
    RUSSIAN_LAST,
    RUSSIAN_MEN,
    RUSSIAN_WOMEN,
    addresses,
    latin,
    woman_surname,
)

# The metadata of libphonenumber knows no operator behind 975; it parses as a mobile number.
PHONE_PREFIX = 79_750_000_000
EMAIL_SHARE, PHONE_SHARE, BIRTHDAY_SHARE = 0.80, 0.93, 0.45
# Of those with the address: allowed advertising, revoked it, allowed processing only
EMAIL_STATES = (0.66, 0.06, 0.08)
SMS_STATES = (0.38, 0.04, 0.10)
ACQUISITION = ("store", "site", "app", "ads", "friend", "market")
_ACQUISITION_CUMULATED = np.cumsum([0.46, 0.17, 0.15, 0.11, 0.07, 0.04])
_CITY_NAMES = np.array([city.name for city in CITIES])
_CITY_ZONES = np.array([city.time_zone for city in CITIES])
_FIRST = np.array(RUSSIAN_WOMEN + RUSSIAN_MEN)
_LAST = np.array([woman_surname(name) for name in RUSSIAN_LAST] + RUSSIAN_LAST)
_FIRST_LATIN = np.array([latin(name) for name in _FIRST.tolist()])
_LAST_LATIN = np.array([latin(name) for name in _LAST.tolist()])


def draw_people(
    rng: np.random.Generator, habits: Habits, customer_no: Ints, calendar: Calendar
) -> Columns:
    """customer_no, first_name, last_name, gender, email, phone, birth_day, city, time_zone,
    joined_at, acquisition, store, is_member. Texts are empty where unknown; birth_day counts days
    from 1970, joined_at seconds.
    """
    count = len(habits)
    woman = rng.random(count) < 0.63
    women, men = len(RUSSIAN_WOMEN), len(RUSSIAN_MEN)
    first = np.where(woman, rng.integers(women, size=count), women + rng.integers(men, size=count))
    last = rng.integers(len(RUSSIAN_LAST), size=count) + np.where(woman, 0, len(RUSSIAN_LAST))
    mail = addresses(_FIRST_LATIN[first], _LAST_LATIN[last], customer_no)
    phone = np.char.add("+", (PHONE_PREFIX + customer_no).astype(np.str_))
    age_days = (rng.normal(37.0, 11.0, count).clip(18, 80) * 365.25).astype(np.int64)
    birth_day = calendar.end_second // DAY - age_days
    origin = np.searchsorted(_ACQUISITION_CUMULATED, rng.random(count), side="right")
    return {
        "customer_no": customer_no,
        "first_name": _FIRST[first],
        "last_name": _LAST[last],
        "gender": np.where(woman, "f", "m"),
        "email": np.where(rng.random(count) < EMAIL_SHARE, mail, ""),
        "phone": np.where(rng.random(count) < PHONE_SHARE, phone, ""),
        "birth_day": birth_day,
        "has_birth_day": rng.random(count) < BIRTHDAY_SHARE,
        "city": _CITY_NAMES[habits.city],
        "time_zone": _CITY_ZONES[habits.city],
        "joined_at": habits.joined_at,
        "acquisition": np.array(ACQUISITION)[origin.clip(0, len(ACQUISITION) - 1)],
        "store": habits.store,
        "is_member": habits.is_member,
    }


def draw_consents(rng: np.random.Generator, people: Columns, calendar: Calendar) -> Columns:
    """One row a document: customer_no, document, purpose, channel, address, status, given_at,
    ended_at (seconds, 0 for never), proof. Nothing ends after the campaign's start.
    """
    count = len(people["customer_no"])
    email_state = _states(rng, count, EMAIL_STATES, people["email"])
    sms_state = _states(rng, count, SMS_STATES, people["phone"])
    left_at = people["joined_at"] + 3_600 + rng.exponential(150 * DAY, count).astype(np.int64)
    could_leave = left_at < calendar.campaign_second
    email_state = np.where((email_state == 1) & ~could_leave, 0, email_state)
    sms_state = np.where((sms_state == 1) & ~could_leave, 0, sms_state)
    agreed = (email_state < 3) | (sms_state < 3)
    nothing = np.full(count, "")
    rows = join(
        [
            _documents(people, agreed, nothing, document="PD_CONSENT", purpose="PROMO_DIRECT"),
            _permissions(people, email_state, people["email"], "EMAIL", "DOI_EMAIL"),
            _permissions(people, sms_state, people["phone"], "SMS", "OTP_SMS"),
        ]
    )
    ended = np.concatenate([left_at[agreed], left_at[email_state < 2], left_at[sms_state < 2]])
    rows["ended_at"] = np.where(rows["status"] == "REVOKED", ended, 0)
    return rows


def _permissions(people: Columns, state: Ints, address: Texts, channel: str, proof: str) -> Columns:
    rows = _documents(
        people, state < 2, address, document="AD_PERMISSION", channel=channel, proof=proof
    )
    rows["status"] = np.where(state[state < 2] == 1, "REVOKED", "ACTIVE")
    return rows


def _states(
    rng: np.random.Generator, count: int, shares: tuple[float, ...], address: Texts
) -> Ints:
    """0 allowed, 1 revoked, 2 processing only, 3 nothing."""
    state = np.searchsorted(np.cumsum(shares), rng.random(count), side="right")
    return np.where(address == "", 3, state)


def _documents(
    people: Columns,
    mask: Bools,
    address: Texts,
    *,
    document: str,
    purpose: str = "",
    channel: str = "",
    proof: str = "AUTH_SESSION",
) -> Columns:
    count = int(mask.sum())
    return {
        "customer_no": people["customer_no"][mask],
        "document": np.full(count, document),
        "purpose": np.full(count, purpose),
        "channel": np.full(count, channel),
        "address": address[mask],
        "status": np.full(count, "ACTIVE"),
        "given_at": people["joined_at"][mask],
        "proof": np.full(count, proof),
    }
