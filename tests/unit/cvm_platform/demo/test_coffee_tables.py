"""The tables of the simulated shop: reproducible, consistent, plausible, nobody's."""

import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import phonenumbers
import pytest

from cvm_platform.demo.coffee import KIND_NAMES, CoffeeShop, Orders
from cvm_platform.demo.coffee.baskets import RETURN_OFFSET, join_orders, margin_of
from cvm_platform.demo.coffee.catalog import CITIES
from cvm_platform.demo.coffee.streams import BLOCK, Columns, join, table_hash
from cvm_platform.demo.names import MAIL_DOMAINS

TODAY = date(2026, 11, 22)
# Every table of a small shop; changes only when the generator's meaning changes
GOLDEN = {
    "products": "727f7d3e3d0ddea1",
    "customers": "61c65474634d61ba",
    "newcomers": "394a25f275f5f56f",
    "consents": "70dcf340e175b93f",
    "orders": "4038effa831f42df",
    "lines": "8459eadda0e1a0ec",
    "events": "b2fe8a15275bdbef",
    "outcome_orders": "1628cc494428447b",
    "outcome_lines": "23a5d50282cf3246",
    "outcome_events": "da9d87c447ddcdbe",
    "reactions": "6db6ce4d4ce91d4f",
}


@pytest.fixture(scope="module")
def history(shop: CoffeeShop) -> Orders:
    return join_orders(list(shop.order_chunks()))


@pytest.fixture(scope="module")
def people(shop: CoffeeShop) -> Columns:
    return join([*shop.customer_chunks(), *shop.customer_chunks(newcomers=True)])


@pytest.fixture(scope="module")
def consents(shop: CoffeeShop) -> Columns:
    return join(list(shop.consent_chunks()))


@pytest.fixture(scope="module")
def events(shop: CoffeeShop) -> Columns:
    return join(list(shop.event_chunks()))


def _tables(shop: CoffeeShop) -> dict[str, str]:
    treated = np.arange(shop.customers) % 3 > 0
    orders = join_orders(list(shop.order_chunks()))
    outcome = join_orders(list(shop.outcome_chunks(treated)))
    tables = {
        "products": shop.products(),
        "customers": join(list(shop.customer_chunks())),
        "newcomers": join(list(shop.customer_chunks(newcomers=True))),
        "consents": join(list(shop.consent_chunks())),
        "orders": orders.orders,
        "lines": orders.lines,
        "events": join(list(shop.event_chunks())),
        "outcome_orders": outcome.orders,
        "outcome_lines": outcome.lines,
        "outcome_events": join(list(shop.outcome_event_chunks(treated))),
        "reactions": join(list(shop.reaction_chunks(treated))),
    }
    return {name: table_hash(columns)[:16] for name, columns in tables.items()}


def test_same_seed_gives_the_same_tables_on_every_machine() -> None:
    assert _tables(CoffeeShop(today=TODAY, seed=1, customers=300)) == GOLDEN


def test_another_seed_gives_other_tables() -> None:
    other = _tables(CoffeeShop(today=TODAY, seed=2, customers=300))

    assert {name for name in GOLDEN if GOLDEN[name] == other[name]} == {"products"}


def test_whole_blocks_do_not_depend_on_the_size_of_the_shop(shop: CoffeeShop) -> None:
    larger = CoffeeShop(today=TODAY, seed=7, customers=12_000)

    ours, theirs = next(shop.order_chunks()), next(larger.order_chunks())
    assert table_hash(ours.lines) == table_hash(theirs.lines)
    assert table_hash(next(shop.event_chunks())) == table_hash(next(larger.event_chunks()))


def test_another_day_moves_the_calendar(shop: CoffeeShop) -> None:
    later = CoffeeShop(today=TODAY + timedelta(days=30), seed=7, customers=100)

    assert later.campaign_at - shop.campaign_at == timedelta(days=30)
    assert shop.campaign_at == datetime(2026, 10, 18, 7, tzinfo=UTC)


def test_lines_add_up_to_their_orders(history: Orders) -> None:
    orders, lines = history.orders, history.lines
    assert orders["lines"].sum() == len(lines["order_no"])
    assert (np.repeat(orders["order_no"], orders["lines"]) == lines["order_no"]).all()
    starts = np.cumsum(orders["lines"]) - orders["lines"]
    for total, part in (
        ("revenue", "amount"),
        ("discount", "discount"),
        ("cost", "cost"),
        ("items", "quantity"),
    ):
        assert (np.add.reduceat(lines[part], starts) == orders[total]).all()
    assert (lines["amount"] == lines["price"] * lines["quantity"]).all()
    assert (lines["number"][starts] == 1).all()


def test_order_numbers_are_unique(shop: CoffeeShop, history: Orders) -> None:
    everything = [history, *shop.outcome_chunks(np.ones(shop.customers, dtype=bool))]
    numbers = join_orders(everything).orders["order_no"]
    assert len(np.unique(numbers)) == len(numbers)


def test_prices_follow_the_list_and_discounts_are_whole_rubles(
    shop: CoffeeShop, history: Orders
) -> None:
    lines = history.lines
    per_piece = lines["price"] + lines["discount"] // lines["quantity"]
    levels = shop.shelf.prices[:, lines["product_no"] - 1]
    assert (levels == per_piece).any(axis=0).all()
    assert (lines["discount"] % 100 == 0).all()
    assert (shop.shelf.prices[-1] == shop.catalog.price).all()
    rate = lines["discount"] / (per_piece * lines["quantity"])
    on_sale = lines["promotion_no"] > 0
    assert rate.max() <= 0.2
    assert rate[on_sale].min() > 0.05
    assert rate[~on_sale].max() <= 0.05


def test_sales_happen_only_while_they_run(shop: CoffeeShop, history: Orders) -> None:
    lines = history.lines
    sold_at = np.repeat(history.orders["sold_at"], history.orders["lines"])
    for promotion in shop.promotions:
        used = sold_at[lines["promotion_no"] == promotion.number]
        first = (promotion.first_day - shop.calendar.begin).days
        last = (promotion.last_day - shop.calendar.begin).days
        if promotion.first_day < shop.campaign_at.date() - timedelta(days=12):
            assert len(used) > 0
        # a city may be seven hours ahead of Moscow or one behind
        assert (used >= shop.calendar.midnight(first) - 7 * 3_600).all()
        assert (used < shop.calendar.midnight(last + 1) + 3_600).all()


def test_returns_give_back_what_was_sold(history: Orders) -> None:
    orders = history.orders
    back = orders["return_of"] > 0
    assert 0.005 < back.mean() < 0.02
    assert (orders["order_no"][back] == orders["return_of"][back] + RETURN_OFFSET).all()
    sold = {
        number: position
        for position, number in enumerate(orders["order_no"].tolist())
        if number < RETURN_OFFSET
    }
    origin = np.array([sold[number] for number in orders["return_of"][back].tolist()])
    assert (orders["customer_no"][origin] == orders["customer_no"][back]).all()
    assert (orders["at"][origin] == orders["sold_at"][back]).all()
    assert (orders["revenue"][back] < 0).all()
    assert (orders["revenue"][origin] + orders["revenue"][back] >= 0).all()
    assert (orders["cost"][origin] + orders["cost"][back] >= 0).all()
    delay = orders["at"][back] - orders["at"][origin]
    assert delay.min() >= 2 * 86_400
    assert delay.max() < 14 * 86_400


def test_base_rates_are_those_of_a_coffee_chain(shop: CoffeeShop, history: Orders) -> None:
    orders = history.orders
    sales = orders["return_of"] == 0
    assert 850 < orders["revenue"][sales].mean() / 100 < 1_050
    assert 0.45 < margin_of(orders).sum() / orders["revenue"].sum() < 0.60
    recent = sales & (orders["at"] >= shop.calendar.campaign_second - 30 * 86_400)
    buyers = np.unique(orders["customer_no"][recent & (orders["customer_no"] > 0)])
    assert 0.30 < len(buyers) / shop.customers < 0.40
    assert 0.10 < (orders["customer_no"][sales] == 0).mean() < 0.15


def test_few_customers_bring_much_of_the_money(shop: CoffeeShop, history: Orders) -> None:
    orders = history.orders
    known = orders["customer_no"] > 0
    money = np.zeros(shop.customers, dtype=np.int64)
    np.add.at(money, orders["customer_no"][known] - 1, orders["revenue"][known])
    ranked = np.sort(money)[::-1]
    assert ranked[: shop.customers // 100].sum() > 0.08 * ranked.sum()
    assert ranked[: shop.customers // 5].sum() > 0.60 * ranked.sum()
    deviations = money - money.mean()
    assert (deviations**3).mean() / money.std() ** 3 > 3


def test_december_and_saturday_are_busier(shop: CoffeeShop, history: Orders) -> None:
    at = history.orders["sold_at"].astype("datetime64[s]") + np.timedelta64(3, "h")
    month = at.astype("datetime64[M]").astype(int) % 12 + 1
    weekday = (at.astype("datetime64[D]").astype(int) + 3) % 7
    by_month = np.bincount(month, minlength=13)
    by_day = np.bincount(weekday, minlength=7)
    assert by_month[12] > 1.2 * by_month[7]
    assert by_day[5] > 1.1 * by_day[6]


def test_history_lies_between_its_ends(
    shop: CoffeeShop, history: Orders, events: Columns, people: Columns
) -> None:
    calendar = shop.calendar
    for at in (history.orders["at"], events["at"]):
        assert at.min() >= calendar.begin_second
        assert at.max() < calendar.campaign_second
    assert people["joined_at"].max() < calendar.end_second
    local = (history.orders["sold_at"] + 3 * 3_600) // 3_600 % 24
    assert np.bincount(local, minlength=24)[8:22].sum() > 0.85 * len(local)


def test_nobody_buys_before_joining(history: Orders, people: Columns) -> None:
    joined = np.zeros(len(people["customer_no"]) + 1, dtype=np.int64)
    joined[people["customer_no"]] = people["joined_at"]
    orders = history.orders
    late = orders["at"] < joined[orders["customer_no"]]
    # a later purchase of the day of joining may come before it by the hour
    assert late.mean() < 0.001


def test_people_are_numbered_through_and_unreachable_outside(people: Columns) -> None:
    order = np.argsort(people["customer_no"])
    assert (people["customer_no"][order] == np.arange(1, len(order) + 1)).all()
    mails = [mail for mail in people["email"].tolist() if mail]
    assert len(set(mails)) == len(mails)
    pattern = re.compile(rf"[a-z.]+\.\d+@({'|'.join(map(re.escape, MAIL_DOMAINS))})")
    assert all(pattern.fullmatch(mail) for mail in mails)
    assert {domain.rsplit(".", 1)[1] for domain in MAIL_DOMAINS} == {"example"}
    phones = [phone for phone in people["phone"].tolist() if phone]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith("+7975") for phone in phones)
    assert phonenumbers.is_valid_number(phonenumbers.parse(phones[0]))
    zones = {(city.name, city.time_zone) for city in CITIES}
    assert set(zip(people["city"].tolist(), people["time_zone"].tolist(), strict=True)) == zones


def test_gender_and_surname_agree(people: Columns) -> None:
    women = people["gender"] == "f"
    ends_in_a = np.char.endswith(people["last_name"], "а") | np.char.endswith(
        people["last_name"], "ая"
    )
    assert (ends_in_a == women).all()


def test_newcomers_and_known_customers_do_not_overlap(shop: CoffeeShop) -> None:
    known = join(list(shop.customer_chunks()))
    late = join(list(shop.customer_chunks(newcomers=True)))
    assert len(known["customer_no"]) + len(late["customer_no"]) == shop.customers
    assert known["joined_at"].max() < shop.calendar.campaign_second <= late["joined_at"].min()


def test_every_permission_has_its_address_and_its_consent(
    shop: CoffeeShop, consents: Columns
) -> None:
    known = join(list(shop.customer_chunks()))
    by_number = dict(zip(known["customer_no"].tolist(), range(len(known["email"])), strict=True))
    processing = set(consents["customer_no"][consents["document"] == "PD_CONSENT"].tolist())
    for channel, column in (("EMAIL", "email"), ("SMS", "phone")):
        rows = consents["channel"] == channel
        assert (consents["document"][rows] == "AD_PERMISSION").all()
        owner = [by_number[number] for number in consents["customer_no"][rows].tolist()]
        assert (known[column][owner] == consents["address"][rows]).all()
        assert (consents["address"][rows] != "").all()
        assert set(consents["customer_no"][rows].tolist()) <= processing
    gone = consents["status"] == "REVOKED"
    assert (consents["ended_at"][gone] > consents["given_at"][gone]).all()
    assert (consents["ended_at"][gone] < shop.calendar.campaign_second).all()
    assert (consents["ended_at"][~gone] == 0).all()
    email = (consents["channel"] == "EMAIL") & ~gone
    assert 0.48 < email.sum() / shop.customers < 0.56


def test_events_are_numbered_once_and_mail_goes_to_the_willing(
    events: Columns, consents: Columns
) -> None:
    assert len(np.unique(events["event_no"])) == len(events["event_no"])
    counts = np.bincount(events["kind"], minlength=len(KIND_NAMES))
    visit, view, cart, delivered, opened, clicked = counts
    assert view > visit > cart > 0
    assert delivered > opened > clicked > 0
    assert 0.2 < opened / delivered < 0.4
    mail = events["kind"] >= KIND_NAMES.index("delivered")
    assert (events["mailing_no"][mail] > 0).all()
    assert (events["product_no"][mail] == 0).all()
    willing = set(consents["customer_no"][consents["channel"] == "EMAIL"].tolist())
    assert set(events["customer_no"][mail].tolist()) <= willing


def test_blocks_are_small_whatever_the_shop() -> None:
    million = CoffeeShop(today=TODAY, customers=1_000_000)

    first = next(million.customer_chunks())
    assert len(first["customer_no"]) <= BLOCK
    assert sum(1 for _ in million.blocks()) == 1_000_000 // BLOCK


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"customers": 0}, "a shop needs a customer"),
        ({"campaign_days": 20}, "the effect takes 28 days"),
        ({"weeks": 5}, "the history ends before it begins"),
    ],
)
def test_impossible_shops_are_refused(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoffeeShop(today=TODAY, **wrong)
