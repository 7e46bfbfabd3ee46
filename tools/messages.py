"""Translations without the gettext programs: Babel reads the sources and writes the catalogues.

messages.py update    new and changed texts of code and templates into locale/*/…/django.po
messages.py compile   every *.po of a language into its django.mo
messages.py check     fails when a text of code or templates has no translation
"""

import argparse
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
CODE = ("cvm_platform", "tenants", "analytics", "campaigns")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "N_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
LANGUAGES = ("ru",)


def sources() -> Iterator[tuple[Path, str]]:
    """(file, Python source that holds its texts)."""
    from django.utils.translation.template import templatize  # noqa: PLC0415 needs settings

    for area in CODE:
        for file in sorted((ROOT / area).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file, file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "templates").rglob("*.*")):
        if file.suffix in {".html", ".txt"}:
            text = templatize(file.read_text(encoding="utf-8"), origin=str(file))
            # what stands between the texts is filler; its indentation would not parse
            yield file, "\n".join(line.strip() for line in text.splitlines())


def extract_texts() -> Catalog:
    catalog = Catalog(project="cvm-platform", charset="utf-8")
    for file, source in sources():
        found = extract("python", io.BytesIO(source.encode()), KEYWORDS)
        for line, text, comments, context in found:
            if text:
                place = (str(file.relative_to(ROOT)), line)
                catalog.add(text, locations=[place], auto_comments=comments, context=context)
    return catalog


def folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def merged(language: str) -> Catalog:
    """All *.po of a language. django.po is read last, so a text that stands twice is its own."""
    total = Catalog(locale=language, charset="utf-8")
    files = sorted(folder(language).glob("*.po"), key=lambda file: (file.name == "django.po", file))
    for file in files:
        with file.open("rb") as stream:
            part = read_po(stream, locale=language, charset="utf-8", abort_invalid=True)
        for message in part:
            if message.id and is_translated(message) and not message.fuzzy:
                total[message.id] = message
    return total


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return all(strings)


def compile_all() -> int:
    for place in sorted(LOCALE.glob("*/LC_MESSAGES")):
        language = place.parent.name
        catalog = merged(language)
        making = place / f"django.mo.{os.getpid()}"
        with making.open("wb") as stream:
            write_mo(stream, catalog)
        making.replace(place / "django.mo")
        print(f"messages: {language}: {len(catalog)} texts compiled")
    return 0


def update_all() -> int:
    template = extract_texts()
    for language in LANGUAGES:
        file = folder(language) / "django.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        known = merged(language)
        known.update(template, no_fuzzy_matching=True)
        known.obsolete.clear()
        making = file.with_name(f"django.po.{os.getpid()}")
        with making.open("wb") as stream:
            write_po(stream, known, width=99, sort_output=True, include_lineno=False)
        making.replace(file)
        for part in file.parent.glob("*.po"):
            if part != file:
                part.unlink()  # its texts are in django.po now
        missing = sum(1 for message in known if message.id and not is_translated(message))
        print(f"messages: {language}: {len(known)} texts, {missing} without translation")
    return compile_all()


def check_all() -> int:
    missing = 0
    template = extract_texts()
    for language in LANGUAGES:
        known = merged(language)
        for message in template:
            found = known.get(message.id, message.context) if message.id else message
            if message.id and (found is None or not is_translated(found)):
                place = ":".join(str(part) for part in message.locations[0])
                print(f"{place}: no {language} translation of {message.id!r}")
                missing += 1
    print(f"messages: {missing} missing")
    return 1 if missing else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["update", "compile", "check"])
    chosen = parser.parse_args().what
    sys.path.insert(0, str(ROOT))
    if chosen != "compile":
        from django.conf import settings  # noqa: PLC0415 only extraction needs Django

        settings.configure(USE_I18N=True)
    return {"update": update_all, "compile": compile_all, "check": check_all}[chosen]()


if __name__ == "__main__":
    sys.exit(main())
