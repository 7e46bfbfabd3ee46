"""What an author may write between braces: a small, safe part of the template language.

The engine has filters and operators that make gigabytes out of a few characters (`'%999999999d'
|format`, `'a' * 1000000`, assignments that double a text) and calls that change the values they
are given. Fuel does not count those, so they are refused while the template is saved.
"""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from campaigns.channels.markup import Construct, Source
from campaigns.channels.problems import Part, TemplateProblem

FILTERS = frozenset(
    {
        *("default", "d", "upper", "lower", "title", "capitalize", "trim", "truncate", "striptags"),
        *(
            "length",
            "count",
            "first",
            "last",
            "join",
            "sort",
            "reverse",
            "unique",
            "min",
            "max",
            "sum",
        ),
        *("round", "int", "float", "abs", "urlencode", "escape", "e"),
    }
)
TESTS = frozenset(
    {
        *("defined", "undefined", "none", "odd", "even", "divisibleby"),
        *("string", "number", "sequence", "in"),
    }
)
FUNCTIONS = frozenset({"range"})
_OPENING = frozenset({"if", "for"})
_MIDDLE = {"elif": frozenset({"if"}), "else": frozenset({"if", "for"})}
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "elif", "for"})
_TOKEN = re.compile(
    r""""(?>(?:\\.|[^"\\])*)"|'(?>(?:\\.|[^'\\])*)'|[^\W\d]\w*|\d+(?:\.\d+)?|\*\*|//|\S""",
    re.DOTALL,
)


def check_constructs(part: Part, source: Source) -> Iterator[TemplateProblem]:
    """Problems of statements and expressions, in the order of the lines."""
    open_blocks: list[tuple[str, int]] = []
    for construct in source.constructs:
        message = ""
        if construct.kind == "statement":
            message = _check_statement(construct, open_blocks)
        if construct.kind in {"statement", "expression"}:
            message = message or _check_expression(construct.body)
        if message:
            yield TemplateProblem(part, construct.line, message)
    for word, line in open_blocks:
        yield TemplateProblem(
            part, line, _("{%% %(word)s %%} is opened here and never closed.") % {"word": word}
        )
    for opening, closing in (("{{", "}}"), ("{%", "%}"), ("{#", "#}")):
        offset = source.covered.find(opening)
        if offset >= 0:
            message = _("“%(opening)s” without “%(closing)s”.")
            names = {"opening": opening, "closing": closing}
            yield TemplateProblem(part, source.line_at(offset), message % names)


def _check_statement(construct: Construct, open_blocks: list[tuple[str, int]]) -> str:
    word = re.match(r"\w*", construct.body)[0]  # type: ignore[index]  # matches the empty text too
    if word in _OPENING:
        open_blocks.append((word, construct.line))
        return ""
    if word in _MIDDLE:
        fits = bool(open_blocks) and open_blocks[-1][0] in _MIDDLE[word]
        return "" if fits else _("{%% %(word)s %%} outside a block.") % {"word": word}
    if word in {"endif", "endfor"}:
        if open_blocks and open_blocks[-1][0] == word.removeprefix("end"):
            open_blocks.pop()
            return ""
        return _("{%% %(word)s %%} closes nothing.") % {"word": word}
    return _("{%% %(word)s %%} is not allowed here; there are if and for.") % {"word": word}


def _check_expression(body: str) -> str:
    tokens = ["", "", *_TOKEN.findall(body)]
    for before, previous, token in zip(tokens, tokens[1:], tokens[2:], strict=False):
        message = _check_token(before, previous, token)
        if message:
            return message
    return ""


def _check_token(before: str, previous: str, token: str) -> str:
    if token == "(":  # noqa: S105 a bracket, no password
        return _check_call(before, previous)
    if token in {"*", "**"}:
        return _("Multiplication is not allowed: amounts come ready to print.")
    return _check_name(before, previous, token) if token[0].isalpha() or token[0] == "_" else ""


def _check_name(before: str, previous: str, name: str) -> str:
    message = ""
    if name.startswith("_"):
        message = _("Names that begin with “_” are reserved: %(name)s.")
    elif previous == "|" and name not in FILTERS:
        message = _("There is no filter “%(name)s”; there are: %(all)s.")
    elif name not in TESTS | {"not"} and (
        previous == "is" or (previous == "not" and before == "is")
    ):
        message = _("There is no test “is %(name)s”.")
    return message and message % {"name": name, "all": ", ".join(sorted(FILTERS))}


def _check_call(before: str, previous: str) -> str:
    if previous in _WORDS or before in {"|", "is"}:
        return ""
    if previous in FUNCTIONS and before != ".":
        return ""
    if previous and (previous[0].isalnum() or previous[0] in "_)]\"'"):
        return _("Calls are not allowed: %(name)s(…).") % {"name": previous}
    return ""
