"""One block of customers: every table of theirs, made when asked for and then forgotten."""

from functools import cached_property

import numpy as np

from cvm_platform.demo.coffee import browsing
from cvm_platform.demo.coffee.baskets import Orders, Shelf, fill_baskets, join_orders
from cvm_platform.demo.coffee.campaign import Effect, draw_effect, draw_reactions
from cvm_platform.demo.coffee.habits import Habits, draw_habits
from cvm_platform.demo.coffee.people import draw_consents, draw_people
from cvm_platform.demo.coffee.purchases import Purchases, draw_purchases, draw_walk_ins
from cvm_platform.demo.coffee.streams import (
    BLOCK,
    Bools,
    Columns,
    Ints,
    Stream,
    generator,
    join,
    select,
)

# Numbers of orders and events are ranges of the block, so that no block needs to know another.
ORDERS_A_BLOCK = 10_000_000
EVENTS_A_BLOCK = 100_000_000
_WALK_INS, _EXTRA = 6_000_000, 8_000_000
_EXTRA_EVENTS = 50_000_000


class Block:
    """Customers first_no … last_no of the shop. Masks are Boolean, by position in the block."""

    def __init__(self, *, seed: int, index: int, customers: int, shelf: Shelf) -> None:
        self.seed = seed
        self.index = index
        self.shelf = shelf
        self.calendar = shelf.calendar
        self.slice = slice(index * BLOCK, min((index + 1) * BLOCK, customers))
        self.customer_no: Ints = np.arange(self.slice.start + 1, self.slice.stop + 1)

    def _generator(self, stream: Stream) -> np.random.Generator:
        return generator(self.seed, stream, self.index)

    @cached_property
    def habits(self) -> Habits:
        rng = self._generator(Stream.HABITS)
        return draw_habits(rng, len(self.customer_no), self.calendar, self.shelf.catalog)

    @cached_property
    def purchases(self) -> Purchases:
        return draw_purchases(self._generator(Stream.PURCHASES), self.habits, self.calendar)

    @cached_property
    def people(self) -> Columns:
        rng = self._generator(Stream.PEOPLE)
        return draw_people(rng, self.habits, self.customer_no, self.calendar)

    @cached_property
    def consents(self) -> Columns:
        return draw_consents(self._generator(Stream.CONSENTS), self.people, self.calendar)

    @cached_property
    def effect(self) -> Effect:
        rng = self._generator(Stream.EFFECT)
        return draw_effect(rng, self.habits, self.purchases, self.calendar)

    @cached_property
    def _sales_and_returns(self) -> tuple[Orders, Orders]:
        return self._fill(Stream.BASKETS, self.habits, self.purchases, 0, self.customer_no)

    @cached_property
    def base(self) -> Orders:
        """Orders of customers and of walk-ins, with returns, as if there were no campaign."""
        rng = self._generator(Stream.WALK_INS)
        bought, habits = draw_walk_ins(rng, len(self.purchases), self.calendar, self.shelf.catalog)
        nobody = np.zeros(len(bought), dtype=np.int64)
        walk_ins = self._fill(Stream.WALK_IN_BASKETS, habits, bought, _WALK_INS, nobody)
        return join_orders([*self._sales_and_returns, *walk_ins])

    @cached_property
    def extra(self) -> tuple[Orders, Orders]:
        """Sales, and their returns, that only a treated customer makes."""
        bought = self.effect.extra
        return self._fill(Stream.EXTRA_BASKETS, self.habits, bought, _EXTRA, self.customer_no)

    @cached_property
    def lost_order_no(self) -> Ints:
        """Numbers of the sales that a treated customer does not make."""
        sales = self._sales_and_returns[0]
        lost: Ints = sales.orders["order_no"][self.effect.lost]
        return lost

    def outcome(self, treated: Bools) -> Orders:
        """All orders of the block when `treated` got the campaign."""
        extra = join_orders(list(self.extra))
        base = self.base
        return join_orders(
            [base.keep(~self._lost(base, treated)), extra.keep(self._is_of(extra, treated))]
        )

    def changes(self, treated: Bools) -> tuple[Orders, Orders]:
        """Orders that the campaign added, and orders that it took away."""
        extra, base = join_orders(list(self.extra)), self.base
        return extra.keep(self._is_of(extra, treated)), base.keep(self._lost(base, treated))

    @cached_property
    def events(self) -> Columns:
        """Behaviour without the campaign, from `begin` to the end."""
        rng = self._generator(Stream.BROWSING)
        sales, catalog = self._sales_and_returns[0], self.shelf.catalog
        rows = join(
            [
                browsing.order_visits(rng, sales, catalog),
                browsing.idle_visits(
                    rng,
                    self.habits,
                    self.purchases,
                    calendar=self.calendar,
                    customer_no=self.customer_no,
                    catalog=catalog,
                ),
                browsing.mailing_events(
                    self._generator(Stream.MAILINGS),
                    self.habits,
                    self.consents,
                    self.calendar,
                    int(self.customer_no[0]),
                ),
            ]
        )
        return self._numbered(rows, 1)

    def extra_events(self, treated: Bools) -> Columns:
        """Visits that belong to the extra orders of the treated."""
        rng = self._generator(Stream.EXTRA_BROWSING)
        rows = browsing.order_visits(rng, self.extra[0], self.shelf.catalog)
        numbered = self._numbered(rows, _EXTRA_EVENTS)
        return select(numbered, treated[numbered["customer_no"] - self.customer_no[0]])

    @cached_property
    def reactions(self) -> Columns:
        """customer_no, opened_at, clicked_at, left_at: what each would do with the message."""
        rng = self._generator(Stream.REACTIONS)
        opened_at, clicked_at, left_at = draw_reactions(rng, self.habits, self.calendar)
        return {
            "customer_no": self.customer_no,
            "opened_at": opened_at,
            "clicked_at": clicked_at,
            "left_at": left_at,
        }

    def _fill(
        self, stream: Stream, habits: Habits, bought: Purchases, offset: int, customer_no: Ints
    ) -> tuple[Orders, Orders]:
        return fill_baskets(
            self._generator(stream),
            habits,
            bought,
            self.shelf,
            first_order_no=self.index * ORDERS_A_BLOCK + offset + 1,
            customer_no=customer_no,
        )

    def _is_of(self, orders: Orders, treated: Bools) -> Bools:
        mask: Bools = treated[orders.orders["customer_no"] - self.customer_no[0]]
        return mask

    def _lost(self, base: Orders, treated: Bools) -> Bools:
        """Sales not made by the treated, and the returns of these sales."""
        customer = base.orders["customer_no"]
        origin = np.where(
            base.orders["return_of"] == 0, base.orders["order_no"], base.orders["return_of"]
        )
        is_treated = np.zeros(len(base), dtype=bool)
        known = customer > 0
        is_treated[known] = treated[customer[known] - self.customer_no[0]]
        return is_treated & np.isin(origin, self.lost_order_no)

    def _numbered(self, rows: Columns, first: int) -> Columns:
        seen = (rows["at"] >= self.calendar.begin_second) & (rows["at"] < self.calendar.end_second)
        number = self.index * EVENTS_A_BLOCK + first + np.arange(len(seen))
        return select({"event_no": number, **rows}, seen)
