"""What a letter says, beside how it is built: advertising in disguise, special categories, sender.

A word list finds what is plain. It cannot find everything, therefore the class of a letter that
is said to be no advertising is approved by a second person.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.channels.models import EmailTemplate, MessageClass
from campaigns.channels.problems import Part, Severity, TemplateProblem
from campaigns.channels.rendering import TemplateSource

# one of these makes a message advertising, whatever else it says (38-FZ, article 3)
_OFFER = re.compile(
    r"скидк\w*|распродаж\w*|промо-?код\w*|купон\w*|кэшбэк\w*|кешбэк\w*"
    r"|(?:спец|специальн\w+\s+)предложени\w*|выгодн\w+\s+(?:цен|услови|предложени)\w*"
    r"|акци[яиюей]\w*|чёрн\w+\s+пятниц\w*|черн\w+\s+пятниц\w*|только\s+сегодня|успейте\s+купить"
    r"|в\s+подарок|дарим|[-−–]\s?\d{1,2}\s?%"
    r"|\b(?:discount|sale|promo(?:\s?code)?|coupon|cashback|special\s+offer)s?\b",
    re.IGNORECASE,
)
# special categories and crimes (152-FZ, articles 10 and 10.1): never inferred, never hinted at
_SPECIAL = (
    r"диабет\w*|беременн\w*|онколог\w*|ВИЧ\b|инвалид\w*|психи(?:ат|че)\w*|депресси\w*|заболевани\w*"
    r"|диагноз\w*|аллерги\w*|религи\w*|вероисповедани\w*|православн\w*|мусульман\w*|национальност\w*"
    r"|политическ\w*|судимост\w*|интимн\w*|сексуальн\w*|ориентаци\w*"
    r"|diabet\w*|pregnan\w*|disabilit\w*|diagnos\w*|depress\w*|religio\w*|ethnic\w*|criminal\w*"
)
_SPECIAL_WORD = re.compile(rf"\b(?:{_SPECIAL})", re.IGNORECASE)
_OF_THE_READER = re.compile(
    rf"\b(?:ваш\w*|вас|вам|вы|тво\w+|тебя|тебе|your?)\b(?:\W+\w+){{0,4}}?\W+(?:{_SPECIAL})"
    rf"|\b(?:{_SPECIAL})(?:\W+\w+){{0,3}}?\W+(?:у\s+вас|your?|ваш\w*)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<style\b.*?</style\s*>|<[^>]*>|\{#.*?#\}", re.IGNORECASE | re.DOTALL)


def lint(source: TemplateSource, message_class: str) -> list[TemplateProblem]:
    """Errors stop the letter, warnings are for its author and for who approves its class."""
    parts = {Part.SUBJECT: source.subject, Part.PREHEADER: source.preheader,
             Part.HTML: source.html, Part.TEXT: source.text}  # fmt: skip
    problems: list[TemplateProblem] = []
    for part, text in parts.items():
        words = _words(text) if part is Part.HTML else text
        if message_class != MessageClass.ADVERTISING:
            problems += _offers(part, words)
        problems += _special(part, words)
    if message_class != MessageClass.ADVERTISING:
        problems += _nameless(source)
    return problems


def letter_problems(source: TemplateSource, message_class: str) -> tuple[TemplateProblem, ...]:
    """The errors alone; kept for the next slices of the same letter."""
    return _errors(source, message_class, get_language() or "")


@lru_cache(maxsize=64)
def _errors(
    source: TemplateSource, message_class: str, _language: str
) -> tuple[TemplateProblem, ...]:
    return tuple(each for each in lint(source, message_class) if each.severity is Severity.ERROR)


def claim_hash(message_class: str, source: TemplateSource) -> str:
    """Of a letter and what it is said to be: an approval holds for exactly this."""
    claim = [message_class, source.subject, source.preheader, source.html, source.text]
    return hashlib.sha256(json.dumps(claim, ensure_ascii=False).encode()).hexdigest()


def class_is_approved(template_id: int, message_class: str, source: TemplateSource) -> bool:
    """Advertising needs nobody's word: nothing is stricter. Everything else needs a second
    person's, about this very text.
    """
    if message_class == MessageClass.ADVERTISING:
        return True
    wanted = claim_hash(message_class, source)
    return EmailTemplate.objects.filter(pk=template_id, class_hash=wanted).exists()


def _words(html: str) -> str:
    """Without tags and styles, with the lines where they were."""
    return _MARKUP.sub(lambda found: "\n" * found[0].count("\n") + " ", html)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _offers(part: Part, text: str) -> Iterator[TemplateProblem]:
    found = _OFFER.search(text)
    if found is not None:
        message = _(
            "“%(words)s” makes this advertising: choose the kind “Advertising” or take it out."
        )
        words = " ".join(found[0].split())
        yield TemplateProblem(part, _line(text, found.start()), message % {"words": words})


def _special(part: Part, text: str) -> Iterator[TemplateProblem]:
    found = _OF_THE_READER.search(text)
    if found is not None:
        message = _(
            "“%(words)s” speaks of the reader's health, faith or the like: "
            "special categories may not be hinted at (152-FZ, article 10)."
        )
        words = " ".join(found[0].split())[:60]
        yield TemplateProblem(part, _line(text, found.start()), message % {"words": words})
        return
    found = _SPECIAL_WORD.search(text)
    if found is not None:
        message = _("“%(words)s”: make sure that it says nothing about the reader.")
        words = " ".join(found[0].split())
        yield TemplateProblem(
            part, _line(text, found.start()), message % {"words": words}, Severity.WARNING
        )


def _nameless(source: TemplateSource) -> Iterator[TemplateProblem]:
    """149-FZ, article 10(2): who writes stands in every message; advertising is checked with
    the rest of its footer.
    """
    for name in ("sender.name", "sender.address"):
        if not re.search(r"\{\{\s*" + re.escape(name) + r"(?!\w)", source.html):
            message = _("Every letter says who writes and where to find them: add %(what)s.")
            yield TemplateProblem(Part.HTML, 0, message % {"what": "{{ " + name + " }}"})
