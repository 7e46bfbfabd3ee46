"""What the builder shows: a card for every condition, a frame for every group, and the counts."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.segments import registry, trees
from campaigns.segments.contracts import MAX_DEPTH, Node, NodeError
from campaigns.segments.drafts import Draft, dom_id
from cvm_platform.common import figures

Menu = list[tuple[str, list[tuple[str, str | Promise]]]]


@dataclass
class Card:
    """One node of the page; `fields` of a leaf, `children` of a group."""

    place: str  # "0-1" in ids and names
    group: str = ""  # all, any, not; "" for a leaf
    leaf: str = ""
    title: str | Promise = ""
    fields: list[dict[str, Any]] = field(default_factory=list)
    children: list["Card"] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    join: str = ""  # the word before it
    left: str = ""  # how many are left after it
    cut: str = ""  # how many it took away, or of how many it was taken
    is_fresh: bool = False
    may_nest: bool = True
    is_first: bool = True
    is_last: bool = True


def menu() -> Menu:
    found: dict[str, list[tuple[str, str | Promise]]] = defaultdict(list)
    for leaf in registry.leaves():
        found[str(leaf.menu)].append((leaf.name, leaf.title))
    return list(found.items())


def cards_of(draft: Draft, counts: dict[trees.Path, int], base: int | None) -> Card:
    """The page's tree.

    Args:
        counts: by paths of the sound part.
        base: how many customers there are before the first condition.
    """
    by_place = {draft.places[path]: count for path, count in counts.items() if path in draft.places}
    errors: dict[str, list[NodeError]] = defaultdict(list)
    for error in draft.errors:
        errors[error.path].append(error)
    return _Maker(draft, errors, by_place).card(draft.tree["root"], (), base)


class _Maker:
    def __init__(
        self,
        draft: Draft,
        errors: dict[str, list[NodeError]],
        counts: dict[trees.Path, int],
    ) -> None:
        self.draft = draft
        self.errors = errors
        self.counts = counts

    def card(self, node: Node, path: trees.Path, before: int | None) -> Card:
        text = trees.path_text(path)
        count = self.counts.get(path)
        card = Card(
            dom_id(path),
            left="" if count is None else figures.number(count),
            is_fresh=bool(path) and text == self.draft.fresh,
        )
        card.errors = list(dict.fromkeys(error.message for error in self.errors[text]))
        key = trees.group_of(node)
        if key:
            card.group = key
            card.may_nest = len(path) < MAX_DEPTH - 1
            card.children = self._children(node[key], key, path, before)
        else:
            self._fill_leaf(card, node, text)
        return card

    def _children(
        self, row: list[Node], key: str, path: trees.Path, before: int | None
    ) -> list[Card]:
        found: list[Card] = []
        left = before
        for index, node in enumerate(row):
            card = self.card(node, (*path, index), left)
            card.join = _join(key, node, is_first=index == 0)
            card.is_first, card.is_last = index == 0, index == len(row) - 1
            count = self.counts.get((*path, index))
            if count is not None and before is not None and left is not None:
                card.cut = self._cut(key, count, before, left)
                left = left if key == "any" else count
            found.append(card)
        return found

    def _cut(self, key: str, count: int, before: int, left: int) -> str:
        if key == "any":
            return _("of %(number)s") % {"number": figures.number(before)}
        if not count:
            return ""
        return figures.number(count - left, signed=True) if count != left else "0"

    def _fill_leaf(self, card: Card, node: Node, text: str) -> None:
        leaf = registry.leaf(node.get("leaf"))
        card.leaf = str(node.get("leaf", ""))
        if leaf is None:
            card.title = card.leaf
            return
        card.title = leaf.title
        wrong = {error.field for error in self.errors[text]}
        for one in leaf.fields:
            if leaf.shows(one.name, node):
                value = node.get(one.name)
                card.fields.append({
                    "name": f"n{card.place}-{one.name}", "label": one.label,
                    "template": one.template, "value": value, "is_wrong": one.name in wrong,
                    "optional": one.optional, **one.context(value, node),
                })  # fmt: skip


def _join(key: str, node: Node, *, is_first: bool) -> str:
    if is_first:
        return ""
    if key == "all":
        return _("and not") if trees.group_of(node) == "not" else _("and")
    return _("or")


def counted_paths(draft: Draft) -> list[trees.Path]:
    """Every node of the sound part but the root, which the headline counts."""
    return [path for path, _node in trees.walk(draft.sound["root"]) if path]
