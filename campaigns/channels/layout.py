"""What the platform adds to an author's HTML: hidden preheader, open pixel, short lines."""

import re
from html import escape

from campaigns.channels.markup import Source, Tag, read_source, split_literals

_PIXEL = '<img src="{{ _open|safe }}" width="1" height="1" alt="" style="display:block;border:0">'
_HIDDEN_START = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all">'
)
# keeps the body's first words out of the list of mails; short, as the line may be long already
_HIDDEN_END = "&#847;&zwnj;&nbsp;" * 15 + "</div>"
_LONG_LINE = 500  # characters; values of a customer and UTF-8 need the rest of 998 bytes
_WHITE = re.compile(r"[\s\x00-\x1f\x7f]+")


def lay_out(html: Source, *, preheader: str, has_pixel: bool) -> str:
    """The template as it is sent. Lines keep their numbers, unless a line is too long for mail."""
    body = next((tag for tag in html.tags if tag.name == "body" and not tag.closing), None)
    end = next((tag for tag in reversed(html.tags) if tag.name == "body" and tag.closing), None)
    text = html.text
    if has_pixel:
        at = end.start if end else len(text)
        text = text[:at] + _PIXEL + text[at:]
    if preheader.strip():
        at = body.end if body else _after_doctype(html)
        text = text[:at] + _hidden(preheader) + text[at:]
    return shorten_lines(text)


def shorten_lines(text: str) -> str:
    r"""Line ends where HTML ignores them: `<td class="x"\n>`, and after a rule of a style sheet.

    One line over 998 bytes makes a part base64: half as big again and slower to write.
    """
    if max(map(len, text.split("\n"))) <= _LONG_LINE:
        return text
    source = read_source(text, is_html=True)
    pieces: list[str] = []
    seen = last = 0
    for place in _breaks(source):
        newline = text.rfind("\n", last, place)
        last = newline + 1 if newline >= 0 else last
        if place - last > _LONG_LINE // 2:
            pieces += [text[seen:place], "\n"]
            seen = last = place
    return "".join((*pieces, text[seen:]))


def _breaks(source: Source) -> list[int]:
    places = []
    for number, tag in enumerate(source.tags):
        if tag.name != "!" and _can_break(source, tag):
            places.append(tag.end - 1)
        if tag.name == "style" and not tag.closing:
            stop = source.tags[number + 1].start if number + 1 < len(source.tags) else tag.end
            places += [
                match.end() for match in re.compile(r"\}").finditer(source.covered, tag.end, stop)
            ]
    return places


def _can_break(source: Source, tag: Tag) -> bool:
    before = source.covered[tag.end - 2]
    return source.covered[tag.end - 1] == ">" and (
        tag.closing or before in "\"'" or (not tag.attributes and before != "/")
    )


def _after_doctype(html: Source) -> int:
    first = html.tags[0] if html.tags else None
    is_first = first is not None and first.name == "!" and not html.text[: first.start].strip()
    return first.end if first is not None and is_first else 0


def _hidden(preheader: str) -> str:
    pieces = (
        escape(_WHITE.sub(" ", piece)) if kind == "literal" else piece.replace("\n", " ")
        for kind, piece in split_literals(preheader.strip())
    )
    return _HIDDEN_START + "".join(pieces) + _HIDDEN_END
