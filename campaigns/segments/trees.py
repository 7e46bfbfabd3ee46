"""Walking and changing trees. Paths count children from the root: "0.1", the root is ""."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from campaigns.segments.contracts import GROUPS, Node, Tree

Path = tuple[int, ...]


def group_of(node: Any) -> str:
    """The key of a well-formed group, all, any or not; else an empty text."""
    if isinstance(node, dict) and len(node) == 1:
        (key,) = node
        if key in GROUPS and isinstance(node[key], list):
            return str(key)
    return ""


def is_leaf(node: Any) -> bool:
    return isinstance(node, dict) and "leaf" in node


def children(node: Node) -> list[Any]:
    key = group_of(node)
    found: list[Any] = node[key] if key else []
    return found


def path_text(path: Path) -> str:
    return ".".join(str(index) for index in path)


def parse_path(text: str) -> Path:
    """Raises ValueError where the text is no path."""
    return tuple(int(part) for part in text.split(".")) if text else ()


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node, parents first. The tree's depth must be bounded already."""
    yield path, node
    for index, child in enumerate(children(node)):
        if isinstance(child, dict):
            yield from walk(child, (*path, index))


def at(root: Node, path: Path) -> Node:
    """The node at a path; raises IndexError where there is none."""
    node = root
    for index in path:
        node = children(node)[index]
    return node


def leaves_of(tree: Tree) -> Iterator[Node]:
    for _path, node in walk(tree["root"]):
        if is_leaf(node):
            yield node


def segments_in(tree: Tree) -> set[str]:
    """Public ids of the segments that a tree refers to."""
    return {str(node["segment"]) for node in leaves_of(tree) if node["leaf"] == "segment"}


def inserted(tree: Tree, group: Path, node: Node) -> Tree:
    """A copy with `node` as the last child of the group at `group`."""
    copy = deepcopy(tree)
    children(at(copy["root"], group)).append(node)
    return copy


def removed(tree: Tree, path: Path) -> Tree:
    """A copy without the node at `path`; the root stays."""
    copy = deepcopy(tree)
    if path:
        del children(at(copy["root"], path[:-1]))[path[-1]]
    return copy


def moved(tree: Tree, path: Path, step: int) -> Tree:
    """A copy with the node one place up (-1) or down (1) among its neighbours."""
    copy = deepcopy(tree)
    if path:
        row = children(at(copy["root"], path[:-1]))
        target = path[-1] + step
        if 0 <= target < len(row) and path[-1] < len(row):
            row[path[-1]], row[target] = row[target], row[path[-1]]
    return copy
