"""Templates of messages: checked and compiled once, rendered for each customer.

Values come ready to print (money, dates and plural forms are made where the context is built),
because a filter written in Python costs more than all the rest of a message.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from minijinja import Environment, TemplateError

from campaigns.channels.checks import (
    MAX_SOURCE_CHARACTERS,
    check_fields,
    check_html,
    check_required,
)
from campaigns.channels.engine import explain, make_environment, used_names
from campaigns.channels.expressions import check_constructs
from campaigns.channels.layout import lay_out
from campaigns.channels.links import TrackedLink, track_links
from campaigns.channels.markup import Source, read_source
from campaigns.channels.plaintext import text_from_html
from campaigns.channels.problems import (
    Part,
    RenderFailed,
    Severity,
    TemplateInvalid,
    TemplateProblem,
)
from campaigns.channels.tracking import MessageUrls

_MOST_PROBLEMS = 50  # of one kind; an author reads no more
_WHITE = re.compile(r"[\s\x00-\x1f\x7f]+")

Value = str | int | float | Mapping[str, "Value"] | list["Value"] | tuple["Value", ...] | None


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """What an author wrote; an empty text is made from the HTML."""

    subject: str
    html: str
    preheader: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RenderedContent:
    """One message's content: no line ends in the subject, only line feeds in the parts."""

    subject: str
    html: str
    text: str


class CompiledTemplate:
    """A template ready for many customers. Belongs to one thread at a time."""

    def __init__(
        self,
        environment: Environment,
        *,
        links: tuple[TrackedLink, ...],
        warnings: tuple[TemplateProblem, ...],
        names: frozenset[str],
        optional: Iterable[str],
    ) -> None:
        self.links = links
        self.warnings = warnings
        self.names = names
        self._render = environment.render_template
        self._optional = _tree(optional)

    def render(self, context: Mapping[str, Value], urls: MessageUrls) -> RenderedContent:
        """One customer's message.

        Args:
            context: values ready to print; None prints as nothing. Needs "sender" with
                "name" and "address".
            urls: the message's own addresses.

        Raises:
            RenderFailed: these values do not fit the template.
            TypeError: a value that is no text, number, list or mapping: a defect of the caller.

        """
        values: dict[str, Any] = {name: _plain(value) for name, value in context.items()}
        _fill(values, self._optional)
        values["unsubscribe_url"] = urls.unsubscribe_url
        values["_click"] = urls.click_base
        values["_open"] = urls.open_url
        part = Part.SUBJECT
        try:
            subject = self._render("subject", **values)
            part = Part.HTML
            html = self._render("html", **values)
            part = Part.TEXT
            text = self._render("text", **values)
        except TemplateError as error:
            raise RenderFailed(part, error.line or 0, explain(error)) from error
        subject = _WHITE.sub(" ", subject).strip()
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return RenderedContent(subject, html, text)


def check_template(
    source: TemplateSource,
    *,
    fields: Collection[str] | None = None,
    requires_footer: bool = True,
) -> list[TemplateProblem]:
    """Everything that is wrong, errors and warnings, by part and line."""
    return _check(_read(source), source, fields=fields, requires_footer=requires_footer)


def compile_template(
    source: TemplateSource,
    *,
    fields: Collection[str] | None = None,
    requires_footer: bool = True,
    tracks: bool = True,
    sign_link: Callable[[str], str] | None = None,
) -> CompiledTemplate:
    """A checked template, its links counted and numbered.

    Args:
        source: what the author wrote.
        fields: dotted names that a context may have ("customer.first_name", "products"); a
            known field that a customer lacks prints as nothing, an unknown one is a problem.
            None: any name, and a missing one fails the message.
        requires_footer: refusal link, sender's name and address; False for service messages.
        tracks: count opens and clicks.
        sign_link: signature of an address made of a customer's values; without it such links
            stay uncounted.

    Raises:
        TemplateInvalid: with all problems.

    """
    parts = _read(source)
    problems = _check(parts, source, fields=fields, requires_footer=requires_footer)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise TemplateInvalid(problems)
    templates, links = _assemble(parts, tracks=tracks, can_sign=sign_link is not None)
    try:
        environment = make_environment(templates, sign_link=sign_link)
    except TemplateError as error:
        part = Part(error.name) if error.name in set(Part) else Part.HTML
        problem = TemplateProblem(part, error.line or 0, explain(error))
        raise TemplateInvalid([problem]) from error
    names = frozenset[str]().union(*(used_names(part.text) for part in parts.values()))
    optional = names if fields is not None else frozenset[str]()
    return CompiledTemplate(
        environment, links=links, warnings=tuple(problems), names=names, optional=optional
    )


def _read(source: TemplateSource) -> dict[Part, Source]:
    texts = {
        Part.SUBJECT: source.subject,
        Part.PREHEADER: source.preheader,
        Part.HTML: source.html,
        Part.TEXT: source.text if source.text.strip() else "",
    }
    return {
        part: read_source(re.sub(r"\r\n?", "\n", text), is_html=part is Part.HTML)
        for part, text in texts.items()
    }


def _check(
    parts: Mapping[Part, Source],
    source: TemplateSource,
    *,
    fields: Collection[str] | None,
    requires_footer: bool,
) -> list[TemplateProblem]:
    problems = [
        TemplateProblem(part, 0, _("Longer than %(most)s characters.") % {"most": most})
        for part, most in ((Part.SUBJECT, 1_000), (Part.PREHEADER, 1_000))
        if len(parts[part].text) > most
    ]
    if max(len(source.html), len(source.text)) > MAX_SOURCE_CHARACTERS:
        message = _("Longer than %(most)s characters.") % {"most": MAX_SOURCE_CHARACTERS}
        return [*problems, TemplateProblem(Part.HTML, 0, message)]
    problems += [
        TemplateProblem(part, 0, _("This part is empty."))
        for part in (Part.SUBJECT, Part.HTML)
        if not parts[part].text.strip()
    ]
    for part, read in parts.items():
        found = list(islice(check_constructs(part, read), _MOST_PROBLEMS))
        found = found or list(_check_syntax(part, read))
        problems += found
        if fields is not None and not found:
            unknown = check_fields(part, read, used_names(read.text), fields)
            problems += islice(unknown, _MOST_PROBLEMS)
    problems += islice(check_html(parts[Part.HTML]), _MOST_PROBLEMS)
    if requires_footer:
        problems += check_required(
            parts[Part.HTML], parts[Part.TEXT] if parts[Part.TEXT].text else None
        )
    if not problems and not parts[Part.TEXT].text:
        made = read_source(text_from_html(parts[Part.HTML]), is_html=False)
        if list(_check_syntax(Part.TEXT, made)):  # a condition half inside of what is left out
            message = _("No text can be made from this HTML: write the text part.")
            problems.append(TemplateProblem(Part.TEXT, 0, message))
    order = list(Part)
    return sorted(problems, key=lambda each: (order.index(each.part), each.line))


def _check_syntax(part: Part, read: Source) -> Iterable[TemplateProblem]:
    try:
        make_environment({part.value: read.text})
    except TemplateError as error:
        yield TemplateProblem(part, error.line or 0, explain(error))


def _assemble(
    parts: Mapping[Part, Source], *, tracks: bool, can_sign: bool
) -> tuple[dict[str, str], tuple[TrackedLink, ...]]:
    """Sources for the engine: links counted, preheader and pixel in their places."""
    html, links = parts[Part.HTML].text, tuple[TrackedLink, ...]()
    if tracks:
        html, links = track_links(parts[Part.HTML], can_sign=can_sign)
    read = read_source(html, is_html=True)
    text = parts[Part.TEXT].text or text_from_html(read)
    html = lay_out(read, preheader=parts[Part.PREHEADER].text, has_pixel=tracks)
    templates = {"subject": parts[Part.SUBJECT].text, "html": html, "text": text}
    return templates, links


def _plain(value: Value) -> Any:
    """A copy of builtin types only: a template sees no object, and None prints as nothing."""
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool:
        return value
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return "".join(list(value))  # a marked-safe text is not safe here
    raise TypeError(f"A template prints no {kind.__name__}.")


def _tree(names: Iterable[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in names:
        branch = tree
        for step in name.split("."):
            branch = branch.setdefault(step, {})
    return tree


def _fill(values: dict[str, Any], tree: Mapping[str, Any]) -> None:
    """Known fields that are not there become empty ones."""
    for name, branch in tree.items():
        value = values.setdefault(name, {} if branch else "")
        if branch and isinstance(value, dict):
            _fill(value, branch)
