"""Links of a template become counted ones while it is compiled, not message by message.

A link's number is not signed: it only chooses among the targets of its own broadcast, so a
changed number leads to another page of the same author. What a customer's values add to a
target either stays behind a host that the author wrote ("suffix") or is signed as a whole
("signed"), so no counted link is an open redirect.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from campaigns.channels.markup import Source, Tag, split_literals, trim_body, unescape_literals

_ABSOLUTE = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)
_PINNED = re.compile(r"https?://[^/?#\s@\\]+[/?#]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")
_LABEL_CHARACTERS = 80
_UNTRACKED = frozenset({"unsubscribe_url"})


class LinkMode(StrEnum):
    STATIC = "static"
    SUFFIX = "suffix"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class TrackedLink:
    """A counted link; kept with the broadcast for as long as its messages are read.

    Args:
        target: the whole address (static), its fixed beginning (suffix), "" (signed).
        label: words of the link or of its picture, for reports.

    """

    number: int
    mode: LinkMode
    target: str
    label: str


def track_links(source: Source, *, can_sign: bool) -> tuple[str, tuple[TrackedLink, ...]]:
    """The template's source with counted links, and what they lead to."""
    edits: list[tuple[int, int, str]] = []
    links: list[TrackedLink] = []
    for place, tag in enumerate(source.tags):
        href = tag.attribute("href") if tag.name in {"a", "area"} and not tag.closing else None
        if href is None or tag.attribute("data-no-track") is not None:
            continue
        made = _track(source.text[href.start : href.end].strip(), len(links), can_sign=can_sign)
        if made is None:
            continue
        mode, target, replacement = made
        links.append(TrackedLink(len(links), mode, target, _label(source, place)))
        edits.append((href.start, href.end, replacement if href.quoted else f'"{replacement}"'))
    text = source.text
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text, tuple(links)


def resolve_link(
    link: TrackedLink, addition: str, signature: str, check: Callable[[str, str], bool]
) -> str | None:
    """Where a click leads.

    Args:
        link: the counted link that was clicked.
        addition: parameter "u" of the clicked address.
        signature: parameter "s" of it.
        check: (url, signature) -> bool, of the message's tenant.

    Returns:
        An http(s) address without spaces and control characters, or None: show "not found".

    """
    addition = _UNSEEN.sub("", addition).replace(" ", "%20")
    if link.mode is LinkMode.STATIC:
        return link.target
    if link.mode is LinkMode.SUFFIX:
        return link.target + addition
    return addition if _ABSOLUTE.match(addition) and check(addition, signature) else None


def _track(value: str, number: int, *, can_sign: bool) -> tuple[LinkMode, str, str] | None:
    pieces = list(split_literals(value))
    if any(kind not in {"literal", "expression"} for kind, _source in pieces):
        return None
    address = "{{ _click|safe }}" + str(number)
    if all(kind == "literal" for kind, _source in pieces):
        target = _CONTROL.sub("", unescape_literals(value))
        return (LinkMode.STATIC, target, address) if _ABSOLUTE.match(target) else None
    if any(kind == "expression" and _body(piece) in _UNTRACKED for kind, piece in pieces):
        return None
    kind, first = pieces[0]
    prefix = _CONTROL.sub("", unescape_literals(first)) if kind == "literal" else ""
    if _PINNED.match(prefix):
        joined = _joined(pieces[1:])
        return LinkMode.SUFFIX, prefix, address + "?u={{ (" + joined + ")|urlencode|safe }}"
    if prefix or not can_sign:
        return None
    joined = _joined(pieces)
    query = "?u={{ (" + joined + ")|urlencode|safe }}&amp;s={{ (" + joined + ")|_sign }}"
    return LinkMode.SIGNED, "", address + query


def _joined(pieces: list[tuple[str, str]]) -> str:
    return " ~ ".join(
        f"({_body(piece)})" if kind == "expression" else _quoted(unescape_literals(piece))
        for kind, piece in pieces
    )


def _quoted(text: str) -> str:
    text = _CONTROL.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _body(expression: str) -> str:
    return trim_body(expression[2:-2])


def _label(source: Source, place: int) -> str:
    words: list[str] = []
    seen = source.tags[place].end
    for tag in source.tags[place + 1 :]:
        words += [source.text[seen : tag.start], _picture(source, tag)]
        seen = tag.end
        if tag.name == "a":
            break
    text = re.sub(r"\s+", " ", unescape_literals(" ".join(words))).strip()
    return text[:_LABEL_CHARACTERS]


def _picture(source: Source, tag: Tag) -> str:
    alt = tag.attribute("alt") if tag.name == "img" else None
    return source.text[alt.start : alt.end] if alt is not None else ""
