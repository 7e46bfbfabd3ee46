"""What a count may tell who works with aggregates only: nothing about one person.

Rounding alone can be worn down: a rule is asked with and without a condition that fits one known
person, padded until the rounding tips over. So a condition that changes the answer by fewer than
ten people takes no part in it: "A", "A and not this one person" and "A or this one person" are
the same question, whoever the person is. Conditions are taken out one after another until each
that is left moves at least ten people; segments that a rule names are looked through.

Sending and the segment's own members are not touched by this: they follow the rule as it is.
"""

from copy import deepcopy
from uuid import UUID

from campaigns.segments import statements, trees
from campaigns.segments.compiler import Builder
from campaigns.segments.contracts import MAX_DEPTH, Compiled, Node, Tree
from campaigns.segments.registry import Trees
from cvm_platform.common import clock
from cvm_platform.common.sight import SMALL

# one statement asks as many variants as there are conditions
MOST_NODES = 40


def opened(tree: Tree, find: Trees, depth: int = 0) -> Tree:
    """The rule with the rules of the segments it names in their places."""
    copy = deepcopy(tree)
    for path, node in list(trees.walk(copy["root"])):
        if path and trees.is_leaf(node) and node["leaf"] == "segment" and depth < MAX_DEPTH:
            inner = find(UUID(str(node["segment"])))
            if inner is not None:
                parent = trees.children(trees.at(copy["root"], path[:-1]))
                parent[path[-1]] = opened(inner, find, depth + 1)["root"]
    return copy


def sheltered(tree: Tree, *, zone: str, find: Trees, timeout_ms: int) -> Tree:
    """The rule without the conditions that move fewer than ten people.

    Raises:
        TooSlow: that was not found out in time.
    """
    left = opened(tree, find)
    while True:
        paths = [path for path, _node in trees.walk(left["root"]) if path]
        if not paths or len(paths) > MOST_NODES:
            return left
        row = statements.run(_variants(left, paths, zone, find), timeout_ms)
        weak = [
            path
            for path, without in zip(paths, row[1:], strict=True)
            if abs(without - row[0]) < SMALL
        ]
        if not weak:
            return left
        # the deepest and last of them: what it took away may make its neighbours matter
        left = trees.removed(left, max(weak, key=lambda path: (len(path), path)))


def _variants(tree: Tree, paths: list[trees.Path], zone: str, find: Trees) -> Compiled:
    """One row: how many fit the whole rule, and how many fit it without each of the nodes."""
    build = Builder(as_of=clock.now(), zone=zone, find=find, is_whole=False)
    roots: list[Node] = [tree["root"], *(trees.removed(tree, path)["root"] for path in paths)]
    counts = [f"count(*) FILTER (WHERE {build.sql(root)})" for root in roots]
    source = build.source()
    return Compiled(f"SELECT {', '.join(counts)} {source}", build.params)
