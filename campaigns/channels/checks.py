"""The rules for authors' HTML: what must be in it and what must not."""

import difflib
import re
from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from campaigns.channels.markup import Attribute, Source, Tag
from campaigns.channels.problems import Part, Severity, TemplateProblem

MAX_SOURCE_CHARACTERS = 500_000
CLIPPED_BYTES = 102_400  # Gmail hides the rest of a longer message, and the refusal link with it
BUILT_IN_FIELDS = frozenset({"unsubscribe_url", "sender.name", "sender.address"})
_FORBIDDEN_TAGS = frozenset(
    ["script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "form", "portal"]
)
_URL_ATTRIBUTES = frozenset(
    ["href", "src", "action", "formaction", "background", "poster", "cite", "xlink:href", "srcset"]
)
_BAD_SCHEME = re.compile(r"(?:javascript|vbscript|livescript|mocha|file|blob):|data:(?!image/)")
_BAD_CSS = re.compile(r"expression\s*\(|javascript:|-moz-binding|behavior\s*:", re.IGNORECASE)


def check_html(source: Source) -> Iterator[TemplateProblem]:
    """What mail clients strip or what could harm a reader."""
    for tag in source.tags:
        if tag.name in _FORBIDDEN_TAGS and not tag.closing:
            message = _("The tag <%(tag)s> is not allowed in a message.") % {"tag": tag.name}
            yield TemplateProblem(Part.HTML, source.line_at(tag.start), message)
        if tag.name == "meta" and tag.attribute("http-equiv") is not None:
            equiv = source.value(tag.attribute("http-equiv") or tag.attributes[0]).strip().lower()
            if equiv == "refresh":
                message = _("A message may not send its reader elsewhere (meta refresh).")
                yield TemplateProblem(Part.HTML, source.line_at(tag.start), message)
        for attribute in tag.attributes:
            message = _check_attribute(source, attribute)
            if message:
                yield TemplateProblem(Part.HTML, source.line_at(attribute.start), message)
    yield from _check_places(source)
    size = len(source.text.encode())
    if size > CLIPPED_BYTES:
        message = _("%(size)s KB of HTML: Gmail cuts messages after 102 KB.")
        warning = message % {"size": size // 1024}
        yield TemplateProblem(Part.HTML, 0, warning, Severity.WARNING)


def check_required(html: Source, text: Source | None) -> Iterator[TemplateProblem]:
    """The refusal link, the sender's name and address: where every reader finds them."""
    links = [tag.attribute("href") for tag in html.tags if tag.name == "a" and not tag.closing]
    targets = {link.start for link in links if link is not None}
    places = {
        name: [
            each
            for each in html.constructs
            if each.kind == "expression"
            and re.match(rf"{re.escape(name)}(?!\w)", each.body)
            and each.depth == 0
            and not _in_comment(html, each.start)
        ]
        for name in ("unsubscribe_url", "sender.name", "sender.address")
    }
    if not any(each.start in targets for each in places["unsubscribe_url"]):
        yield _missing(Part.HTML, '<a href="{{ unsubscribe_url }}">')
    for name in ("sender.name", "sender.address"):
        if not places[name]:
            yield _missing(Part.HTML, "{{ " + name + " }}")
    if text is not None and not any(
        each.body == "unsubscribe_url" and each.depth == 0 for each in text.constructs
    ):
        yield _missing(Part.TEXT, "{{ unsubscribe_url }}")


def check_fields(
    part: Part, source: Source, used: Collection[str], fields: Collection[str]
) -> Iterator[TemplateProblem]:
    """Names that no customer has, with the nearest one that exists."""
    known = BUILT_IN_FIELDS | set(fields)
    for name in sorted(used):
        if any(name == field or name.startswith(f"{field}.") for field in known):
            continue
        line = _line_of(source, name)
        if any(field.startswith(f"{name}.") for field in known):
            message = _("“%(name)s” is a group: choose one of its fields.") % {"name": name}
        elif near := difflib.get_close_matches(name, known, n=1):
            message = _("There is no field “%(name)s”. Did you mean “%(near)s”?")
            message %= {"name": name, "near": near[0]}
        else:
            message = _("There is no field “%(name)s”.") % {"name": name}
        yield TemplateProblem(part, line, message)


def _check_attribute(source: Source, attribute: Attribute) -> str:
    if re.match(r"on[a-z]", attribute.name):
        return _("Scripts do not run in mail: remove %(name)s=…") % {"name": attribute.name}
    value = source.value(attribute)
    if attribute.name in _URL_ATTRIBUTES:
        scheme = re.sub(r"[\x00-\x20]", "", value).lower()
        if _BAD_SCHEME.match(scheme):
            return _("This address is not allowed: %(url)s") % {"url": value[:60]}
    if attribute.name == "style" and _BAD_CSS.search(value):
        return _("This style is not allowed: %(style)s") % {"style": value[:60]}
    return ""


def _check_places(source: Source) -> Iterator[TemplateProblem]:
    """Values may stand in text and inside quotes; elsewhere escaping does not hold them."""
    for construct in source.constructs:
        if construct.kind != "expression":
            continue
        tag = source.in_tag(construct.start)
        before = source.text[max(0, construct.start - 2) : construct.start]
        if before.endswith(("<", "</")) or (
            tag is not None and tag.name != "!" and not _in_quotes(tag, construct.start)
        ):
            message = _("A value inside a tag stands in quotes: {{ %(body)s }}.")
            yield TemplateProblem(Part.HTML, construct.line, message % {"body": construct.body})
        if _in_style(source, construct.start):
            message = _("A value may not stand inside <style>: {{ %(body)s }}.")
            yield TemplateProblem(Part.HTML, construct.line, message % {"body": construct.body})


def _in_quotes(tag: Tag, offset: int) -> bool:
    return any(each.quoted and each.start <= offset < each.end for each in tag.attributes)


def _in_style(source: Source, offset: int) -> bool:
    last = source.tag_before(offset)
    return last is not None and last.name == "style" and not last.closing and last.end <= offset


def _in_comment(source: Source, offset: int) -> bool:
    tag = source.in_tag(offset)
    return tag is not None and tag.name == "!"


def _line_of(source: Source, name: str) -> int:
    spelled = re.compile(r"(?<![\w.])" + r"\s*\.\s*".join(map(re.escape, name.split("."))))
    for construct in source.constructs:
        if spelled.search(construct.body):
            return construct.line
    return 0


def _missing(part: Part, what: str) -> TemplateProblem:
    message = _("Required by law and by mail services: add %(what)s outside any condition.")
    return TemplateProblem(part, 0, message % {"what": what})
