"""Random well-formed trees over the values of `segment_world`."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.segment_world import CATEGORIES, CITIES, KINDS, STAGES, TAGS

Strategy = st.SearchStrategy[Any]


def comparisons(numbers: list[float], *, may_miss: bool = False) -> Strategy:
    number = st.sampled_from(numbers)
    plain = st.builds(
        lambda op, value: {"op": op, "value": value},
        st.sampled_from(["ge", "le", "gt", "lt", "eq", "ne"]), number,
    )  # fmt: skip
    pair = st.builds(
        lambda one, two: {"op": "between", "low": min(one, two), "high": max(one, two)},
        number, number,
    )  # fmt: skip
    presence = st.sampled_from([{"op": "some"}, {"op": "none"}])
    return st.one_of(plain, pair, presence) if may_miss else st.one_of(plain, pair)


def _windows(today: date) -> Strategy:
    days = st.sampled_from([1, 2, 5, 29, 30, 31, 60, 180, 400])

    def day(ago: int) -> str:
        return (today - timedelta(days=ago)).isoformat()

    return st.one_of(
        st.just({"kind": "ever"}),
        st.builds(lambda n: {"kind": "last", "days": n}, days),
        st.builds(
            lambda n, m: {"kind": "ago", "from_days": max(n, m) + 1, "to_days": min(n, m)}, days,
            days,
        ),
        st.builds(
            lambda n, m: {"kind": "dates", "from": day(max(n, m)), "to": day(min(n, m))}, days, days
        ),
    )  # fmt: skip


def _values(options: list[Any]) -> Strategy:
    return st.lists(st.sampled_from(options), min_size=1, max_size=3, unique=True)


def _texts(base: dict[str, Any], options: list[str]) -> Strategy:
    return st.one_of(
        st.builds(
            lambda op, values: {**base, "op": op, "values": values},
            st.sampled_from(["in", "not_in"]), _values([one for one in options if one]),
        ),
        st.builds(lambda op: {**base, "op": op}, st.sampled_from(["some", "none"])),
    )  # fmt: skip


def _numbers() -> Strategy:
    counts = comparisons([0, 1, 2, 3])
    money = comparisons([0, 100, 5000, 10_000, -200, 100_000])
    average = comparisons([0, 50, 100, 5000, 100_000], may_miss=True)
    days = comparisons([0, 1, 2, 29, 30, 31, 60, 400], may_miss=True)
    fields = {
        "orders": counts, "returns": counts, "revenue": money, "margin": money,
        "average_check": average,
        **{f"days_since_{what}": days for what in (
            "last_order", "first_order", "last_visit", "last_sent", "last_open", "last_click",
        )},
    }  # fmt: skip
    return st.sampled_from(sorted(fields)).flatmap(
        lambda name: st.builds(
            lambda compared: {"leaf": "number", "field": name, "is": compared}, fields[name]
        )
    )


def _with_sum(node: Strategy) -> Strategy:
    """A sum is allowed only where at least one time is needed."""
    positive = comparisons([1, 2, 3]).filter(lambda c: c["op"] in {"ge", "gt", "eq", "between"})
    sums = comparisons([0, 100, 5000, 10_000])
    return st.builds(
        lambda leaf, times, total: {**leaf, "times": times, "sum": total}, node, positive, sums
    )


def _happenings(today: date) -> Strategy:
    window = _windows(today)
    orders = st.builds(lambda w: {"leaf": "orders", "window": w}, window)
    event = st.builds(
        lambda kind, w: {"leaf": "event", "kind": kind, "window": w}, st.sampled_from(KINDS), window
    )
    narrowed = st.builds(
        lambda leaf, categories: {**leaf, "categories": categories}, event,
        _values([one for one in CATEGORIES if one]),
    )  # fmt: skip
    node = st.one_of(orders, event, narrowed)
    times = comparisons([0, 1, 2, 3])
    return st.one_of(
        st.builds(lambda leaf, compared: {**leaf, "times": compared}, node, times),
        _with_sum(node),
    )


def _scores() -> Strategy:
    scores = _values([1, 2, 3, 4, 5])
    names = st.lists(st.sampled_from(["recency", "frequency", "monetary"]), min_size=1, unique=True)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries(
            {"leaf": st.just("rfm"), **dict.fromkeys(chosen, scores)}
        )
    )


def leaves(today: date, segments: list[str]) -> Strategy:
    presets = _values(["champions", "lost", "at_risk", "loyal"])
    attribute = st.sampled_from(["grind", "visits", "nothing"])
    return st.one_of(
        _numbers(),
        _happenings(today),
        _scores(),
        st.builds(lambda codes: {"leaf": "rfm_preset", "presets": codes}, presets),
        _texts({"leaf": "profile", "field": "city"}, CITIES),
        _texts({"leaf": "profile", "field": "lifecycle_stage"}, STAGES),
        st.builds(
            lambda op, values: {"leaf": "tag", "op": op, "values": values},
            st.sampled_from(["any", "all"]), _values(TAGS),
        ),
        attribute.flatmap(
            lambda name: _texts(
                {"leaf": "attribute", "name": name}, ["fine", "coarse", "3", "2.5", "true"]
            )
        ),
        st.builds(
            lambda name, compared: {"leaf": "attribute_number", "name": name, "is": compared},
            attribute, comparisons([0, 2.5, 3, 4]),
        ),
        st.just({"leaf": "contactable", "channel": "EMAIL"}),
        st.builds(lambda one: {"leaf": "segment", "segment": one}, st.sampled_from(segments)),
    )  # fmt: skip


def trees(today: date, segments: list[str]) -> Strategy:
    groups = st.sampled_from(["all", "any", "not"])
    node = st.recursive(
        leaves(today, segments),
        lambda inner: st.builds(
            lambda key, row: {key: row}, groups, st.lists(inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    )
    root = st.builds(lambda key, row: {key: row}, groups, st.lists(node, min_size=1, max_size=3))
    return st.builds(lambda one: {"schema_version": 1, "root": one}, root)
