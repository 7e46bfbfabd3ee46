"""Contexts of the builder and of a segment's page, as the reader may see them."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.features.contracts import SMALL
from campaigns.segments import cards, selectors
from campaigns.segments.contracts import Count, Reach, Tree
from campaigns.segments.drafts import Draft
from campaigns.segments.models import Segment
from cvm_platform.common import figures
from cvm_platform.common.money import symbol
from tenants.accounts.access import membership_of
from tenants.accounts.contracts import AGENCY_ROLES
from tenants.tenancy.selectors import current_tenant

Show = Callable[[int], str]


def shower(request: HttpRequest) -> Show:
    """A number of people in words that this reader may see."""
    membership = membership_of(request)
    is_agency = membership is not None and membership.role in AGENCY_ROLES

    def show(number: int) -> str:
        if is_agency and 0 < number < SMALL:
            return _("fewer than %(number)s") % {"number": SMALL}
        return figures.number(number)

    return show


def count_context(count: Count | None, show: Show) -> dict[str, Any]:
    if count is None:
        return {"count": None}
    is_hidden = show(count.count) != figures.number(count.count)
    return {
        "count": count,
        "count_text": ("≈ " if count.is_estimate else "") + show(count.count),
        "base_text": show(count.base),
        "seconds": figures.number(max(count.ms, 10) / 1000, digits=1 if count.ms >= 50 else 2),
        "is_hidden": is_hidden,
    }


def reach_context(reach: Reach | None, show: Show, *, is_hidden: bool) -> dict[str, Any]:
    """Money of a handful of people is theirs, not an aggregate."""
    return {
        "reach": None if is_hidden else reach,
        "email_text": show(reach.email) if reach else "",
        "is_reach_slow": reach is None and not is_hidden,
    }


def counts_context(draft: Draft, show: Show) -> dict[str, Any]:
    """The headline, what every card leaves, and the sentence."""
    is_countable = draft.is_valid or draft.sound["root"] != {"all": []}
    count = selectors.count_tree(draft.sound) if is_countable else None
    counts = selectors.counts_of(draft.sound, cards.counted_paths(draft)) if count else {}
    return {
        "root": cards.cards_of(draft, counts, count.base if count else None, show),
        "sentence": selectors.sentence_of(draft.sound) if is_countable else "",
        "draft": draft,
        "draft_text": json.dumps(draft.tree, ensure_ascii=False),
        "currency": symbol(current_tenant().currency),
        **count_context(count, show),
    }


def builder_context(
    request: HttpRequest, draft: Draft, segment: Segment | None, name: str
) -> dict[str, Any]:
    show = shower(request)
    context = counts_context(draft, show)
    reach = selectors.reach_of(draft.sound) if draft.is_valid else None
    return {
        **context,
        **reach_context(reach, show, is_hidden=context.get("is_hidden", True)),
        "segment": segment,
        "name": name,
        "menu": cards.menu(),
    }


def card_at(root: cards.Card, place: str) -> cards.Card | None:
    """The card of a node by its id on the page."""
    waiting = [root]
    while waiting:
        card = waiting.pop()
        if card.place == place:
            return card
        waiting += card.children
    return None


def detail_context(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    show = shower(request)
    tree: Tree = segment.tree
    sizes = selectors.sizes_of(segment)
    is_hidden = segment.count is not None and show(segment.count) != figures.number(segment.count)
    reach = None if segment.count is None or is_hidden else selectors.reach_of(tree)
    chart = {
        "x": [str(timezone.localtime(row.at).day) for row in sizes],
        "y": [row.count for row in sizes],
        "name": _("Size"),
    }
    return {
        "segment": segment,
        "freshness": selectors.freshness_of(segment),
        "sentence": selectors.sentence_of(tree),
        "tree_text": json.dumps(tree, ensure_ascii=False, indent=2),
        "count_text": "" if segment.count is None else show(segment.count),
        "base_text": show(selectors.base_size()),
        "sizes": [] if is_hidden else sizes,
        "chart": chart,
        "users": selectors.used_in(segment),
        **reach_context(reach, show, is_hidden=is_hidden),
    }
