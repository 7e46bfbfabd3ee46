"""Reading a template's source without running it: template constructs and HTML tags with
their places.

A template is HTML with holes, so no HTML parser reads it as it is. The holes are covered with
a filler of the same length first; every offset found in the covered text is then an offset in
the source.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

COVER = "\ue000"  # private use: no author types it, and it is neither quote, space nor bracket
# No opening brace inside: what is never closed ends at the next one, and reading stays linear.
# Atomic groups, not possessive quantifiers: those skip matches in Python before 3.11.5 (gh-106052).
_INSIDE = r"""(?>(?:"(?>(?:\\.|[^"\\])*)"|'(?>(?:\\.|[^'\\])*)'|(?!{end}|\{{\{{|\{{%).)*)"""
_CONSTRUCT = re.compile(
    r"(?P<comment>\{\#(?>(?:(?!\#\}|\{\#).)*)\#\})"
    r"|\{\{(?P<expression>" + _INSIDE.format(end=r"\}\}") + r")\}\}"
    r"|\{%(?P<statement>" + _INSIDE.format(end=r"%\}") + r")%\}",
    re.DOTALL,
)
_OPENING = frozenset({"if", "for"})
_CLOSING = frozenset({"endif", "endfor"})
_TAG = re.compile(
    r"<!--(?>(?:(?!-->|<!--).)*)-->|<![^>]*>"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*)"
    r"""(?:(?P<attrs>(?>(?:[^>"']|"[^"]*"|'[^']*')*))>|(?P<broken>[^>]*)>)""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s=/>"']+)(?:\s*=\s*(?:"(?P<dq>[^"]*)"|'(?P<sq>[^']*)'|(?P<bare>[^\s>"']+)))?"""
)
_RAW_TEXT = frozenset({"script", "style", "textarea", "title"})


@dataclass(frozen=True, slots=True)
class Construct:
    """`{{ expression }}`, `{% statement %}` or a comment; `body` without braces.

    Args:
        kind: "expression", "statement" or "comment".
        start: offset in the source.
        end: offset behind it.
        line: from 1.
        body: without braces and white space, "" of a comment.
        depth: how many open if and for surround it.

    """

    kind: str
    start: int
    end: int
    line: int
    body: str
    depth: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; `start` and `end` surround the value without its quotes."""

    name: str
    start: int
    end: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag at `start`..`end`; comments and declarations have the name "!"."""

    name: str
    closing: bool
    start: int
    end: int
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        return next((each for each in self.attributes if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a template, read."""

    text: str
    covered: str
    constructs: tuple[Construct, ...]
    tags: tuple[Tag, ...]

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def value(self, attribute: Attribute) -> str:
        """The attribute's source with entities resolved outside the constructs."""
        return unescape_literals(self.text[attribute.start : attribute.end])

    def in_tag(self, offset: int) -> Tag | None:
        """The tag that an offset is inside of."""
        tag = self.tag_before(offset)
        return tag if tag is not None and offset < tag.end else None

    def tag_before(self, offset: int) -> Tag | None:
        """The last tag that begins before an offset."""
        place = bisect_left(self.tags, offset, key=lambda tag: tag.start)
        return self.tags[place - 1] if place else None


def read_constructs(text: str) -> tuple[Construct, ...]:
    found = []
    line, seen, depth = 1, 0, 0
    for match in _CONSTRUCT.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        kind = str(match.lastgroup)
        body = "" if kind == "comment" else trim_body(match[kind])
        word = body.partition(" ")[0] if kind == "statement" else ""
        depth -= word in _CLOSING
        found.append(Construct(kind, match.start(), match.end(), line, body, depth))
        depth += word in _OPENING
    return tuple(found)


def trim_body(body: str) -> str:
    """Without the signs that eat white space (`{{- x -}}`) and without spaces."""
    body = body[1:] if body.startswith(("-", "+")) else body
    return (body[:-1] if body.endswith(("-", "+")) else body).strip()


def read_source(text: str, *, is_html: bool) -> Source:
    constructs = read_constructs(text)
    pieces = []
    seen = 0
    for construct in constructs:
        inside = text[construct.start : construct.end]
        pieces += [text[seen : construct.start], re.sub(r"[^\n]", COVER, inside)]
        seen = construct.end
    covered = "".join((*pieces, text[seen:]))
    return Source(text, covered, constructs, tuple(_tags(covered)) if is_html else ())


def split_literals(text: str) -> Iterator[tuple[str, str]]:
    """The text as ("literal" | a construct's kind, source) in order."""
    seen = 0
    for construct in read_constructs(text):
        if construct.start > seen:
            yield "literal", text[seen : construct.start]
        yield construct.kind, text[construct.start : construct.end]
        seen = construct.end
    if seen < len(text):
        yield "literal", text[seen:]


def unescape_literals(text: str) -> str:
    """HTML entities resolved, but not inside constructs."""
    return "".join(
        unescape(piece) if kind == "literal" else piece for kind, piece in split_literals(text)
    )


def _tags(covered: str) -> Iterator[Tag]:
    position = 0
    while match := _TAG.search(covered, position):
        position = match.end()
        name = (match["name"] or "!").lower()
        closing = bool(match["close"])
        yield Tag(name, closing, match.start(), match.end(), _attributes(match))
        if name in _RAW_TEXT and not closing:
            end = re.compile(rf"</{name}[\s>]", re.IGNORECASE).search(covered, position)
            position = end.start() if end else len(covered)


def _attributes(tag: re.Match[str]) -> tuple[Attribute, ...]:
    group = "attrs" if tag["attrs"] is not None else "broken"
    if tag[group] is None:
        return ()
    found = []
    for match in _ATTRIBUTE.finditer(tag.string, tag.start(group), tag.end(group)):
        style = next((each for each in ("dq", "sq", "bare") if match[each] is not None), "name")
        start = match.end() if style == "name" else match.start(style)
        end = match.end() if style == "name" else match.end(style)
        found.append(Attribute(match["name"].lower(), start, end, style in {"dq", "sq"}))
    return tuple(found)
