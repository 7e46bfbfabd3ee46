"""The simulated chain as a whole: tables in chunks, an outcome for any assignment, the truth."""

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np

from cvm_platform.demo.coffee.baskets import Orders, Shelf, margin_of
from cvm_platform.demo.coffee.block import Block
from cvm_platform.demo.coffee.browsing import mailing_times
from cvm_platform.demo.coffee.calendar import DAY, Calendar
from cvm_platform.demo.coffee.campaign import EFFECT_DAYS, Truth
from cvm_platform.demo.coffee.catalog import Catalog, Promotion
from cvm_platform.demo.coffee.streams import BLOCK, Bools, Columns, Ints, join, select


class CoffeeShop:
    """A seeded shop of `customers`, `weeks` of history up to midnight of `today` (Moscow).

    History ends at `campaign_at`; what follows depends on who is treated. Assignments are Boolean
    arrays over all customers: entry i belongs to customer_no i + 1. Walk-ins have customer_no 0.
    Chunks are blocks of at most BLOCK customers; money is kopecks, moments are seconds since 1970.
    """

    def __init__(
        self,
        *,
        today: date,
        seed: int = 2026,
        customers: int = 60_000,
        weeks: int = 104,
        campaign_days: int = 35,
    ) -> None:
        if customers < 1:
            raise ValueError("a shop needs a customer")
        if campaign_days < EFFECT_DAYS:
            raise ValueError(f"the effect takes {EFFECT_DAYS} days, the outcome has fewer")
        if weeks * 7 <= campaign_days:
            raise ValueError("the history ends before it begins")
        self.seed = seed
        self.customers = customers
        self.calendar = Calendar(today=today, weeks=weeks, campaign_days=campaign_days)
        self.catalog = Catalog()
        self.shelf = Shelf.of(self.catalog, self.calendar)

    @property
    def campaign_at(self) -> datetime:
        """When the campaign was sent; use it as the assignment moment too."""
        return self.calendar.campaign_at

    @property
    def promotions(self) -> list[Promotion]:
        return self.shelf.promotions

    def products(self) -> Columns:
        """product_no, name, category, price, cost."""
        return self.catalog.columns()

    def mailings(self) -> Columns:
        """mailing_no and at of the mailings before the campaign, oldest first."""
        times = mailing_times(self.calendar)
        return {"mailing_no": np.arange(1, len(times) + 1), "at": times}

    def mask_of(self, customer_no: Ints) -> Bools:
        """The assignment in which exactly `customer_no` are treated."""
        mask = np.zeros(self.customers, dtype=bool)
        mask[customer_no - 1] = True
        return mask

    def blocks(self) -> Iterator[Block]:
        """The parts from which all tables come; for callers who want several tables in one pass."""
        for index in range((self.customers + BLOCK - 1) // BLOCK):
            yield Block(seed=self.seed, index=index, customers=self.customers, shelf=self.shelf)

    def customer_chunks(self, *, newcomers: bool = False) -> Iterator[Columns]:
        """Customers known when the campaign starts, or those who joined after it."""
        for block in self.blocks():
            late = block.people["joined_at"] >= self.calendar.campaign_second
            yield select(block.people, late == newcomers)

    def consent_chunks(self, *, newcomers: bool = False) -> Iterator[Columns]:
        """Documents of the same customers."""
        for block in self.blocks():
            late = block.consents["given_at"] >= self.calendar.campaign_second
            yield select(block.consents, late == newcomers)

    def order_chunks(self) -> Iterator[Orders]:
        """Sales and returns before the campaign."""
        for block in self.blocks():
            yield block.base.keep(block.base.orders["at"] < self.calendar.campaign_second)

    def outcome_chunks(self, treated: Bools) -> Iterator[Orders]:
        """Sales and returns from the campaign to the end, as the treated and the others act."""
        for block in self.blocks():
            orders = block.outcome(treated[block.slice])
            yield orders.keep(orders.orders["at"] >= self.calendar.campaign_second)

    def event_chunks(self) -> Iterator[Columns]:
        """Behaviour before the campaign: event_no, customer_no, at, kind (position in KIND_NAMES),
        product_no, mailing_no (0 for none).
        """
        for block in self.blocks():
            yield select(block.events, block.events["at"] < self.calendar.campaign_second)

    def outcome_event_chunks(self, treated: Bools) -> Iterator[Columns]:
        """Behaviour after the campaign, without the reactions to its own messages."""
        for block in self.blocks():
            rows = join([block.events, block.extra_events(treated[block.slice])])
            yield select(rows, rows["at"] >= self.calendar.campaign_second)

    def reaction_chunks(self, treated: Bools) -> Iterator[Columns]:
        """customer_no, opened_at, clicked_at, left_at (0: never) of the treated."""
        for block in self.blocks():
            yield select(block.reactions, treated[block.slice])

    def truth(self, treated: Bools, *, days: int = EFFECT_DAYS) -> Truth:
        """The sum over the treated of (their future if treated - if not), within `days`."""
        until = self.calendar.campaign_second + days * DAY
        margin = revenue = sales = 0
        for block in self.blocks():
            for sign, change in zip((1, -1), block.changes(treated[block.slice]), strict=True):
                window = change.orders["sold_at"] < until
                margin += sign * int(margin_of(change.orders)[window].sum())
                revenue += sign * int(change.orders["revenue"][window].sum())
                sales += sign * int((change.orders["return_of"][window] == 0).sum())
        count = int(treated.sum())
        return Truth(
            treated=count,
            days=days,
            margin=margin,
            revenue=revenue,
            orders=sales,
            margin_per_customer=margin / count if count else 0.0,
        )
