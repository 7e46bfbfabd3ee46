"""A text part out of an HTML template, made once: conditions and loops stay in it."""

import re

from campaigns.channels.markup import Source, Tag, split_literals, unescape_literals

_SKIPPED = frozenset({"head", "style", "script", "title"})
_NEW_PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"})
_NEW_LINE = frozenset({"div", "tr", "br", "section", "article", "header", "footer", "center"})


def text_from_html(source: Source) -> str:
    """The readable text of a template: "label: address" for links, the words of pictures."""
    pieces: list[str] = []
    links: list[str] = []
    skipping = ""
    seen = 0
    for tag in source.tags:
        if not skipping:
            pieces.append(_words(source.text[seen : tag.start]))
        seen = tag.end
        if tag.name in _SKIPPED:
            skipping = "" if tag.closing else skipping or tag.name
        elif skipping or tag.name == "!":
            continue
        elif tag.name == "a":
            pieces.append(_link(source, links, tag))
        elif tag.name == "img" and (alt := tag.attribute("alt")) is not None:
            pieces.append(_words(source.text[alt.start : alt.end]))
        else:
            pieces.append(_space(tag.name, closing=tag.closing))
    if not skipping:
        pieces.append(_words(source.text[seen:]))
    return tidy("".join(pieces))


def tidy(text: str) -> str:
    """No spaces at the ends of lines, no more than one empty line."""
    text = re.sub(r"[ \t\xa0]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    text = re.sub(r"(\n(?:\{%[^}]*%\})+) ", r"\1", text)  # a statement prints nothing
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _words(text: str) -> str:
    return "".join(
        re.sub(r"\s+", " ", unescape_literals(piece)) if kind == "literal" else piece
        for kind, piece in split_literals(text)
    )


def _link(source: Source, links: list[str], tag: Tag) -> str:
    if not tag.closing:
        href = tag.attribute("href")
        links.append(source.value(href).strip() if href is not None else "")
        return ""
    target = links.pop() if links else ""
    return f": {target} " if target and not target.startswith("#") else ""


def _space(name: str, *, closing: bool) -> str:
    if name in _NEW_PARAGRAPH:
        return "\n\n"
    if name in _NEW_LINE:
        return "\n"
    if name == "li":
        return "\n" if closing else "\n• "
    if name in {"td", "th"}:
        return " "
    return "\n----\n" if name == "hr" else ""
