"""The simulated chain: history, a campaign sent for real, and the outcome that it causes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from cvm_platform.common import clock
from cvm_platform.demo.campaigning import read_script
from cvm_platform.demo.coffee import CoffeeShop
from cvm_platform.demo.coffee.calendar import DAY
from cvm_platform.demo.coffee.streams import Bools, Columns, select
from cvm_platform.demo.coffee_feed import CoffeeFeed
from cvm_platform.demo.progress import Progress
from cvm_platform.demo.story import Story
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant

SLUG = "coffee"
# The chain counts visits on its site for a year; its tills are older. It also halves the wait.
BEHAVIOUR_SECONDS = 52 * 7 * DAY


@dataclass
class CoffeeLoad:
    """One load in the tenant entered by the caller."""

    tenant: Tenant
    shop: CoffeeShop
    progress: Progress

    @classmethod
    def of(cls, tenant: Tenant, today: date, customers: int, progress: Progress) -> "CoffeeLoad":
        return cls(tenant, CoffeeShop(today=today, customers=customers), progress)

    def run(self, sink_url: str) -> None:
        """History first; who was written to decides which future of the shop comes true."""
        feed, stage = CoffeeFeed(self.shop, self.tenant), self.progress.stage
        with stage("customers") as note:
            note.text = f"{feed.customers():,}"
        with stage("consents") as note:
            note.text = f"{feed.consents():,}"
        with stage("orders") as note:
            loaded = feed.orders(self.shop.order_chunks())
            note.text = f"{loaded.added:,} with {loaded.lines:,} lines"
        with stage("behaviour") as note:
            note.text = f"{feed.events(self._year_of_behaviour()):,} events"
        story = Story(self.tenant, read_script(SLUG), self.shop.campaign_at, self.progress)
        story.prepare()
        story.send(sink_url)
        treated = self._mask(feed, story.written_to())
        with stage("newcomers") as note:
            note.text = f"{feed.customers(newcomers=True):,}"
            feed.consents(newcomers=True)
        with stage("orders after the campaign") as note:
            loaded = feed.orders(self.shop.outcome_chunks(treated))
            note.text = f"{loaded.added:,} with {loaded.lines:,} lines"
        with stage("behaviour after the campaign") as note:
            seen = feed.events(self.shop.outcome_event_chunks(treated))
            reactions = feed.reactions(
                self.shop.reaction_chunks(treated), dispatch_id=story.dispatch_id
            )
            left = self._unsubscribe(feed, treated, story.dispatch_id)
            note.text = f"{seen:,} events, {reactions:,} opens and clicks, {left:,} refusals"
        story.note_truth(self._truth(treated, story))
        story.finish()

    def _year_of_behaviour(self) -> Iterator[Columns]:
        begin = self.shop.calendar.campaign_second - BEHAVIOUR_SECONDS
        for chunk in self.shop.event_chunks():
            yield select(chunk, chunk["at"] >= begin)

    def _mask(self, feed: CoffeeFeed, customer_ids: list[int]) -> Bools:
        """By customer number. Whoever was not written to has not been changed by anything."""
        mask: Bools = np.isin(feed.ids[1:], np.array(customer_ids, dtype=np.int64))
        return mask

    def _unsubscribe(self, feed: CoffeeFeed, treated: Bools, dispatch_id: int) -> int:
        """Refusals at the moment they were made, through the door that every refusal takes."""
        left: list[tuple[int, datetime]] = []
        for number, email, at in self._leaving(treated):
            moment = datetime.fromtimestamp(at, UTC)
            customer_id = int(feed.ids[number])
            with clock.at(moment):
                stop_channel(
                    customer_id=customer_id,
                    channel="EMAIL",
                    address_hmac=feed.vault.email_hmac(email),
                    source="ONE_CLICK",
                    details={"dispatch": dispatch_id},
                )
            left.append((customer_id, moment))
        return feed.refusals(left, dispatch_id=dispatch_id)

    def _leaving(self, treated: Bools) -> Iterator[tuple[int, str, int]]:
        """Customer number, address, second."""
        chunks = self.shop.reaction_chunks(treated)
        for block, chunk in zip(self.shop.blocks(), chunks, strict=True):
            leaving = select(chunk, chunk["left_at"] > 0)
            position = leaving["customer_no"] - block.customer_no[0]
            yield from zip(
                leaving["customer_no"].tolist(),
                block.people["email"][position].tolist(),
                leaving["left_at"].tolist(),
                strict=True,
            )

    def _truth(self, treated: Bools, story: Story) -> dict[str, Any]:
        """What the campaign really changed, per person of the treated arm as the report counts.

        Somebody drawn for the letter whom it did not reach stays in the arm with no effect.
        """
        days = story.broadcast.window_days
        truth = self.shop.truth(treated, days=days)
        messages = round(story.price * truth.treated)
        arm = story.treated_arm()
        profit = truth.margin - messages
        return {
            "per_customer": profit / arm if arm else 0.0,
            "total": profit - story.broadcast.content_cost,
            "margin": truth.margin,
            "revenue": truth.revenue,
            "orders": truth.orders,
            "messages": messages,
            "content": story.broadcast.content_cost,
            "treated": truth.treated,
            "arm": arm,
            "days": days,
        }
