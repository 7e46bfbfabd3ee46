"""Loading a book of rules: all of it or nothing; another version replaces the one before."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import InvalidInput
from tenants.audit.services import SYSTEM, Actor, record
from tenants.channel_law.contracts import CHANNELS, CLASSES, NEEDS
from tenants.channel_law.models import ChannelRule, RuleBook

DATA = Path(__file__).parent.parent / "data"
_CERTAINTIES = ("V", "S", "G", "P")
_CLOCK = 5  # letters of HH:MM


def load_rules(content: str, *, actor: Actor = SYSTEM) -> RuleBook:
    """Reads {version, source, rules: [{code, channels, classes, needs, valid_from, valid_to, act,
    certainty, texts: {en, ru}, quiet: [from, to], consent_always}]}; days are YYYY-MM-DD.

    Raises:
        InvalidInput: with the place that is wrong; nothing was changed.
    """
    data = _parsed(content)
    rules = [_rule(number, each) for number, each in enumerate(data["rules"])]
    codes = [each.code for each in rules]
    if len(set(codes)) != len(codes):
        raise _wrong("rules", _("Two rules have the same code."))
    with transaction.atomic():
        bulk.lock_tenant("channel-law")
        ChannelRule.objects.all().delete()
        ChannelRule.objects.bulk_create(rules)
        book = RuleBook.objects.create(
            version=data["version"][:40], source=data["source"], loaded_at=clock.now(),
            digest=hashlib.sha256(content.encode()).hexdigest(),
        )  # fmt: skip
        if actor != SYSTEM:  # what comes with the program is told by the book itself
            record(actor=actor, action="channel_law.loaded", target=book,
                   details={"version": book.version, "rules": len(rules)})  # fmt: skip
    return book


def load_known_rules() -> RuleBook | None:
    """The newest book that comes with the program, unless a newer one is loaded already.

    A book that was loaded by hand stays as long as its version is not older.
    """
    newest = max(DATA.glob("*.json"), key=lambda path: path.stem)
    last = RuleBook.objects.order_by("-id").first()
    if last is not None and last.version >= newest.stem:
        return None
    return load_rules(newest.read_text(encoding="utf-8"))


def _parsed(content: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        text = _("This is not JSON: line %(line)s, column %(column)s.")
        raise _wrong("", text % {"line": error.lineno, "column": error.colno}) from error
    if not isinstance(data, dict):
        raise _wrong("", _("A book of rules is an object with a version and its rules."))
    for name, kind in {"version": str, "source": str, "rules": list}.items():
        if not isinstance(data.get(name), kind) or not data[name]:
            raise _wrong(name, _("Missing, or not of the right kind."))
    return data


def _rule(number: int, given: Any) -> ChannelRule:
    place = f"rules[{number}]"
    if not isinstance(given, dict) or not isinstance(given.get("code"), str) or not given["code"]:
        raise _wrong(place, _("A rule is an object with a code."))
    for name, known in {"channels": CHANNELS, "classes": CLASSES, "needs": NEEDS}.items():
        values = given.get(name)
        if not isinstance(values, list) or (not values and name != "needs"):
            raise _wrong(f"{place}.{name}", _("Missing, or not of the right kind."))
        for value in values:
            if value not in known:
                text = _("“%(value)s” is not known; there are: %(known)s.")
                raise _wrong(f"{place}.{name}", text % {"value": value, "known": ", ".join(known)})
    if given.get("certainty") not in _CERTAINTIES:
        raise _wrong(f"{place}.certainty", _("It is one of V, S, G, P."))
    texts = given.get("texts")
    if not isinstance(texts, dict) or not texts.get("en") or not texts.get("ru"):
        raise _wrong(f"{place}.texts", _("A sentence in English and in Russian is needed."))
    if not isinstance(given.get("act"), str) or not given["act"]:
        raise _wrong(f"{place}.act", _("Missing, or not of the right kind."))
    _check_quiet(place, given.get("quiet"))
    since, until = _day(place, given, "valid_from"), _day(place, given, "valid_to")
    if since is None or (until is not None and until < since):
        raise _wrong(f"{place}.valid_from", _("A rule begins on a day, and ends not before it."))
    kept = {name: value for name, value in given.items()
            if name not in {"code", "valid_from", "valid_to"}}  # fmt: skip
    return ChannelRule(code=given["code"][:60], body=kept, valid_from=since, valid_to=until)


def _check_quiet(place: str, quiet: Any) -> None:
    if quiet is None:
        return
    is_pair = isinstance(quiet, list) and len(quiet) == 2
    if not is_pair or not all(isinstance(each, str) and len(each) == _CLOCK for each in quiet):
        raise _wrong(f"{place}.quiet", _("Quiet hours are two times, HH:MM."))


def _day(place: str, given: dict[str, Any], name: str) -> date | None:
    if given.get(name) is None:
        return None
    try:
        return date.fromisoformat(given[name])
    except (TypeError, ValueError) as error:
        text = _("“%(text)s” is no date: write YYYY-MM-DD.")
        raise _wrong(f"{place}.{name}", text % {"text": given[name]}) from error


def _wrong(place: str, message: str) -> InvalidInput:
    return InvalidInput(f"{place}: {message}" if place else message, code="bad_rules",
                        fields={place: message} if place else {})  # fmt: skip
