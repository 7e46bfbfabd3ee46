"""A rule as a sentence, in the language of the reader."""

from django.utils.translation import gettext as _

from campaigns.segments import registry, trees
from campaigns.segments.contracts import Node, Tree
from campaigns.segments.registry import Words


def quoted(name: object) -> str:
    return _("“%(name)s”") % {"name": name}


def describe_tree(tree: Tree, words: Words) -> str:
    """The tree must be a checked one."""
    if tree["root"] == {"all": []}:
        return _("All customers.")
    text = _node(tree["root"], words)
    return f"{text[:1].upper()}{text[1:]}."


def _node(node: Node, words: Words) -> str:
    key = trees.group_of(node)
    if not key:
        leaf = registry.leaf(node["leaf"])
        return leaf.describe(node, words) if leaf else str(node["leaf"])
    parts = [_inner(child, words) for child in node[key]]
    if key == "all":
        return _(" and ").join(parts)
    if key == "any":
        return _(" or ").join(parts)
    return _("not (%(what)s)") % {"what": _(" or ").join(parts)}


def _inner(node: Node, words: Words) -> str:
    text = _node(node, words)
    key = trees.group_of(node)
    return f"({text})" if key in {"all", "any"} and len(node[key]) > 1 else text
