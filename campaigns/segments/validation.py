"""Is a tree well-formed, typed and within limits? Errors point at the node and say the cure."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.segments import registry, trees
from campaigns.segments.contracts import (
    GROUPS,
    MAX_DEPTH,
    MAX_NODES,
    SCHEMA_VERSION,
    NodeError,
    Tree,
)


def check_tree(tree: Any) -> list[NodeError]:
    """Everything wrong with the tree by itself, at every node at once; [] when nothing is."""
    if not isinstance(tree, dict) or set(tree) != {"schema_version", "root"}:
        text = _("A rule has two keys: “schema_version” and “root”.")
        return [NodeError("", "", "shape", text)]
    if tree["schema_version"] != SCHEMA_VERSION or isinstance(tree["schema_version"], bool):
        text = _("Only version 1 of the rule language is known.")
        return [NodeError("", "/schema_version", "version", text)]
    if not trees.group_of(tree["root"]):
        text = _("The root is a group: “all”, “any” or “not”.")
        return [NodeError("", "/root", "shape", text)]
    over = _over_limits(tree["root"])
    return [over] if over else list(_check_node(tree["root"], (), "/root"))


def _over_limits(root: Any) -> NodeError | None:
    """Checked without recursion, before anything walks the tree."""
    waiting: list[tuple[Any, trees.Path, str]] = [(root, (), "/root")]
    count = 0
    while waiting:
        node, path, pointer = waiting.pop()
        count += 1
        if len(path) > MAX_DEPTH:
            text = _("Groups are nested deeper than %(limit)s levels.") % {"limit": MAX_DEPTH}
            return NodeError(trees.path_text(path), pointer, "too_deep", text)
        key = trees.group_of(node)
        if not key:
            continue
        if count + len(waiting) + len(node[key]) > MAX_NODES:
            text = _("A rule has at most %(limit)s conditions and groups.") % {"limit": MAX_NODES}
            return NodeError(trees.path_text(path), pointer, "too_many", text)
        waiting += [
            (child, (*path, index), f"{pointer}/{key}/{index}")
            for index, child in enumerate(node[key])
        ]
    return None


def _check_node(node: Any, path: trees.Path, pointer: str) -> Iterator[NodeError]:
    place = trees.path_text(path)
    key = trees.group_of(node)
    if key:
        if not node[key] and (path or key != "all"):
            yield NodeError(
                place, pointer, "empty_group", _("Add a condition or delete the group.")
            )
        for index, child in enumerate(node[key]):
            yield from _check_node(child, (*path, index), f"{pointer}/{key}/{index}")
    elif trees.is_leaf(node):
        yield from _check_leaf(node, place, pointer)
    else:
        text = _("A node is a group (%(groups)s) or has a “leaf”.") % {"groups": ", ".join(GROUPS)}
        yield NodeError(place, pointer, "shape", text)


def _check_leaf(node: dict[str, Any], place: str, pointer: str) -> Iterator[NodeError]:
    leaf = registry.leaf(node["leaf"])
    if leaf is None:
        text = _("There is no condition of this kind.")
        yield NodeError(place, pointer, "unknown_leaf", text, "leaf")
        return
    unknown = sorted(str(key) for key in set(node) - {"leaf", *(one.name for one in leaf.fields)})
    for key in unknown:
        text = _("The condition has no parameter “%(name)s”.") % {"name": key[:60]}
        yield NodeError(place, pointer, "unknown_parameter", text, key[:60])
    is_sound = not unknown
    for field in leaf.fields:
        for problem in field.problems(node):
            is_sound = False
            yield NodeError(place, pointer, problem.code, problem.message, field.name)
    if is_sound:
        for name, problem in leaf.check(node):
            yield NodeError(place, pointer, problem.code, problem.message, name)


def check_references(tree: Tree, find: registry.Trees, own: UUID | None) -> list[NodeError]:
    """Other segments exist, and none of them comes back to this one.

    Args:
        tree: well-formed.
        own: the segment being changed; None for a new one, which nobody refers to yet.
    """
    errors = []
    for path, pointer, node in _segment_leaves(tree):
        target = UUID(str(node["segment"]))
        found = find(target)
        if found is None:
            code, text = "unknown_segment", _("This segment does not exist any more.")
        elif target == own or (own and _leads_to(found, own, find)):
            code, text = "cycle", _("The segment refers to itself through this condition.")
        elif _height(found, find) >= MAX_DEPTH:
            code, text = "too_deep", _("Segments refer to each other too many times in a row.")
        else:
            continue
        errors.append(NodeError(trees.path_text(path), pointer, code, text, "segment"))
    return errors


def _segment_leaves(tree: Tree) -> Iterator[tuple[trees.Path, str, dict[str, Any]]]:
    for path, node in trees.walk(tree["root"]):
        if trees.is_leaf(node) and node["leaf"] == "segment":
            yield path, pointer_of(tree, path), node


def pointer_of(tree: Tree, path: trees.Path) -> str:
    node, pointer = tree["root"], "/root"
    for index in path:
        pointer += f"/{trees.group_of(node)}/{index}"
        node = trees.children(node)[index]
    return pointer


def _leads_to(tree: Tree, own: UUID, find: registry.Trees) -> bool:
    seen: set[str] = set()
    waiting = trees.segments_in(tree)
    while waiting:
        public_id = waiting.pop()
        if public_id == str(own):
            return True
        if public_id not in seen:
            seen.add(public_id)
            waiting |= trees.segments_in(find(UUID(public_id)) or {"root": {"all": []}}) - seen
    return False


def _height(tree: Tree, find: registry.Trees) -> int:
    """How many references stand in a row below the tree; stops counting at the limit."""
    height, level = 0, trees.segments_in(tree)
    while level and height < MAX_DEPTH:
        height += 1
        found = [find(UUID(public_id)) for public_id in level]
        level = {below for one in found if one for below in trees.segments_in(one)}
    return height
