"""The rule while it is being typed: a form that survives any mistake.

The structure travels in a hidden field as JSON, the parameters of every card in fields of their
own: `n0-1-times:value` is "value" of the parameter "times" of the node "0.1". `do` says which
button was pressed. Whatever cannot be read stays in the draft as typed, for validation to point at.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from campaigns.segments import registry, trees
from campaigns.segments.contracts import GROUPS, MAX_DEPTH, Node, NodeError, Tree, empty_tree
from campaigns.segments.services import errors_of
from campaigns.segments.validation import check_tree

MAX_JSON = 400_000


@dataclass
class Draft:
    """A tree as typed, what is wrong with it, and the part of it that can be counted."""

    tree: Tree
    errors: list[NodeError] = field(default_factory=list)
    # nodes without mistakes; paths in it → paths in `tree`
    sound: Tree = field(default_factory=empty_tree)
    places: dict[trees.Path, trees.Path] = field(default_factory=dict)
    # the node just made, to put the cursor on
    fresh: str = ""

    @property
    def is_valid(self) -> bool:
        return not self.errors


def dom_id(path: trees.Path) -> str:
    return "-".join(str(index) for index in path)


def draft_of(tree: Tree, *, own: UUID | None = None, fresh: str = "") -> Draft:
    errors = errors_of(tree, own=own)
    wrong = {trees.parse_path(error.path) for error in errors}
    places: dict[trees.Path, trees.Path] = {}
    root = _pruned(tree["root"], (), (), wrong, places) if trees.group_of(tree["root"]) else None
    sound = {**tree, "root": root or {"all": []}}
    if errors and errors_of(sound, own=own):
        sound, places = empty_tree(), {}
    return Draft(tree, errors, sound, places, fresh)


def _pruned(
    node: Node, path: trees.Path, new: trees.Path, wrong: set[trees.Path],
    places: dict[trees.Path, trees.Path],
) -> Node | None:  # fmt: skip
    """The node without its faulty descendants; None where nothing is left."""
    key = trees.group_of(node)
    if not key:
        return None if path in wrong else node
    kept: list[Node] = []
    for index, child in enumerate(node[key]):
        place = (*new, len(kept))
        one = _pruned(child, (*path, index), place, wrong, places)
        if one is not None:
            kept.append(one)
            places[place] = (*path, index)
    return {key: kept} if kept else None


def read_draft(form: Mapping[str, str]) -> Tree:
    """The tree in the form, with the parameters of the cards put in."""
    tree = _structure(form.get("draft", ""))
    for path, node in trees.walk(tree["root"]):
        group = form.get(f"g{dom_id(path)}", "")
        key = trees.group_of(node)
        if key and group in GROUPS and group != key:
            node[group] = node.pop(key)
        leaf = registry.leaf(node.get("leaf"))
        if leaf is not None and form.get(f"n{dom_id(path)}"):
            _read_leaf(leaf, node, form, f"n{dom_id(path)}")
    return tree


def _structure(text: str) -> Tree:
    """The hidden JSON, or an empty rule where somebody spoiled it."""
    try:
        found = json.loads(text) if len(text) <= MAX_JSON else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not trees.group_of(found.get("root")):
        return empty_tree()
    tree = {**empty_tree(), "root": found["root"]}
    spoiled = any(error.code in {"too_deep", "too_many", "shape"} for error in check_tree(tree))
    return empty_tree() if spoiled else tree


def _read_leaf(leaf: registry.Leaf, node: Node, form: Mapping[str, str], prefix: str) -> None:
    """In the order of the sentence: what is asked for first decides what is asked for next."""
    for one in leaf.fields:
        is_asked = leaf.shows(one.name, node)
        value = one.read(form, f"{prefix}-{one.name}", node) if is_asked else None
        if value is None:
            node.pop(one.name, None)
        else:
            node[one.name] = value


def new_leaf(name: str) -> Node | None:
    leaf = registry.leaf(name)
    return {"leaf": name, **json.loads(json.dumps(dict(leaf.start)))} if leaf else None


def apply_action(tree: Tree, do: str, form: Mapping[str, str]) -> tuple[Tree, str]:
    """The tree after a button, and the path of what it made.

    Buttons: add:PATH (a condition of the kind in `new-PATH`), group:PATH, remove:PATH, up:PATH,
    down:PATH. Anything else, or a path that is not there any more, changes nothing.
    """
    verb, _colon, place = do.partition(":")
    try:
        path = trees.parse_path(place.replace("-", "."))
        node = trees.at(tree["root"], path)
    except (ValueError, IndexError):
        return tree, ""
    if verb in {"add", "group"} and trees.group_of(node):
        made = new_leaf(form.get(f"new{dom_id(path)}", "")) if verb == "add" else {"any": []}
        if made is None or len(path) + 1 > MAX_DEPTH:
            return tree, ""
        position = len(trees.children(node))
        return trees.inserted(tree, path, made), trees.path_text((*path, position))
    if verb == "remove":
        return trees.removed(tree, path), ""
    if verb in {"up", "down"}:
        return trees.moved(tree, path, -1 if verb == "up" else 1), ""
    return tree, ""


def prefilled(query: Mapping[str, str]) -> Tree:
    """A new rule from a link of another page: ?preset=champions, ?r=5&f=4."""
    if query.get("preset"):
        return _single({"leaf": "rfm_preset", "presets": query["preset"].split(",")})
    names = {"r": "recency", "f": "frequency", "m": "monetary"}
    scores = {
        name: [int(score) for score in query.get(short, "").split(",") if score.isdecimal()]
        for short, name in names.items()
    }
    chosen = {name: row for name, row in scores.items() if row}
    return _single({"leaf": "rfm", **chosen}) if chosen else empty_tree()


def _single(node: Node) -> Tree:
    return {**empty_tree(), "root": {"all": [node]}}
