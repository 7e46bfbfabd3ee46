"""Contexts of the builder and of a segment's page, as the reader may see them."""

import json
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.segments import cards, selectors, statements
from campaigns.segments.contracts import Count, Reach, Tree
from campaigns.segments.drafts import Draft
from campaigns.segments.models import Segment
from cvm_platform.common import figures, sight
from cvm_platform.common.money import symbol
from tenants.tenancy.selectors import current_tenant


def count_context(count: Count | None) -> dict[str, Any]:
    if count is None:
        return {"count": None}
    is_hidden = sight.is_small(count.count)
    about = "≈ " if count.is_estimate and sight.is_exact() else ""
    return {
        "count": count,
        "count_text": about + sight.people(count.count),
        "count_share": sight.share(count.count, count.base),
        "is_exact": sight.is_exact(),
        "base_text": sight.people(count.base),
        "seconds": figures.number(max(count.ms, 10) / 1000, digits=1 if count.ms >= 50 else 2),
        "is_hidden": is_hidden,
    }


def reach_context(reach: Reach | None, *, is_hidden: bool) -> dict[str, Any]:
    """Money of a handful of people is theirs, not an aggregate."""
    return {
        "reach": None if is_hidden else reach,
        "email_text": sight.people(reach.email) if reach else "",
        "is_reach_slow": reach is None and not is_hidden,
    }


def counts_context(draft: Draft) -> dict[str, Any]:
    """The headline, what every card leaves, and the sentence.

    What each condition leaves is a difference of two rules: for exact eyes only.
    """
    is_countable = draft.is_valid or draft.sound["root"] != {"all": []}
    count = _count_of(draft.sound) if is_countable else None
    paths = cards.counted_paths(draft) if count and sight.is_exact() else []
    counts = selectors.counts_of(draft.sound, paths)
    return {
        "root": cards.cards_of(draft, counts, count.base if count else None),
        "sentence": selectors.sentence_of(draft.sound) if is_countable else "",
        "draft": draft,
        "draft_text": json.dumps(draft.tree, ensure_ascii=False),
        "currency": symbol(current_tenant().currency),
        **count_context(count),
    }


def _count_of(tree: Tree) -> Count:
    """Of the rule as this reader may ask it; where that is too slow, of the planner's guess."""
    try:
        shown = selectors.shown_tree(tree)
    except statements.TooSlow:
        shown = tree
    return selectors.count_tree(shown)


def _reach_of(tree: Tree) -> Reach | None:
    try:
        return selectors.reach_of(selectors.shown_tree(tree))
    except statements.TooSlow:
        return None


def builder_context(draft: Draft, segment: Segment | None, name: str) -> dict[str, Any]:
    context = counts_context(draft)
    reach = _reach_of(draft.sound) if draft.is_valid else None
    return {
        **context,
        **reach_context(reach, is_hidden=context.get("is_hidden", True)),
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


def detail_context(segment: Segment) -> dict[str, Any]:
    tree: Tree = segment.tree
    sizes = selectors.sizes_of(segment)
    size = selectors.size_of(segment)
    is_hidden = size is not None and sight.is_small(size)
    reach = None if size is None or is_hidden else _reach_of(tree)
    chart = {
        "x": [str(timezone.localtime(row.at).day) for row in sizes],
        "y": [sight.seen(row.count) for row in sizes],
        "name": _("Size"),
    }
    return {
        "segment": segment,
        "freshness": selectors.freshness_of(segment),
        "sentence": selectors.sentence_of(tree),
        "tree_text": json.dumps(tree, ensure_ascii=False, indent=2),
        "count_text": "" if size is None else sight.people(size),
        "base_text": sight.people(selectors.base_size()),
        "sizes": [] if is_hidden else sizes,
        "chart": None if is_hidden else chart,
        "is_small": is_hidden,
        "users": selectors.used_in(segment),
        **reach_context(reach, is_hidden=is_hidden),
    }


def size_text(segment: Segment) -> str:
    size = selectors.size_of(segment)
    return "" if size is None else sight.people(size)
