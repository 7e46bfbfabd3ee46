r"""Translations without the gettext programs. English stands in the code, Russian in locale/src.

messages.py update    texts of code and templates without a translation go into locale/src/todo.tsv
messages.py compile   all locale/src/*.tsv into locale/ru/LC_MESSAGES/django.mo
messages.py check     fails when a text has no translation, or one whose placeholders differ

A line of a *.tsv, its fields parted by tabs (inside them \n and \t are written so):
    English                  Russian
    English                  English plural   one   few   many
    @context   English       Russian
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
LANGUAGE = "ru"
TODO = "todo.tsv"
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
_PLURAL_TAG = re.compile(r"""{% plural \S+ ("[^"]+") ("[^"]+") %}""")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


class BadLine(ValueError):
    """A line of a *.tsv that is none of the three shapes."""


def sources() -> Iterator[tuple[Path, str]]:
    """(file, Python source that holds its texts)."""
    from django.utils.translation.template import templatize  # noqa: PLC0415 needs settings

    for area in CODE:
        for file in sorted((ROOT / area).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file, file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "templates").rglob("*.*")):
        if file.suffix in {".html", ".txt"}:
            raw = file.read_text(encoding="utf-8")
            text = templatize(raw, origin=str(file))
            # what stands between the texts is filler; its indentation would not parse
            lines = [line.strip() for line in text.splitlines()]
            lines += [f"ngettext({one}, {many}, 1)" for one, many in _PLURAL_TAG.findall(raw)]
            yield file, "\n".join(lines)


def extract_texts() -> Catalog:
    catalog = Catalog(project="cvm-platform", charset="utf-8")
    for file, source in sources():
        found = extract("python", io.BytesIO(source.encode()), KEYWORDS)
        for line, text, comments, context in found:
            if text:
                place = (str(file.relative_to(ROOT)), line)
                catalog.add(text, locations=[place], auto_comments=comments, context=context)
    return catalog


# ---- the files of translations ------------------------------------------------------------------


def unescape(field: str) -> str:
    return field.replace("\\n", "\n").replace("\\t", "\t")


def escape(field: str) -> str:
    return field.replace("\n", "\\n").replace("\t", "\\t")


def read_tsv(file: Path) -> Iterator[Message]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [unescape(field) for field in line.split("\t")]
        context = fields.pop(0)[1:] if fields[0].startswith("@") else None
        if len(fields) == 2:
            yield Message(fields[0], fields[1], context=context, lineno=number)
        elif len(fields) == 5:
            yield Message(tuple(fields[:2]), tuple(fields[2:]), context=context, lineno=number)
        else:
            raise BadLine(f"{file.name}:{number}: {len(fields)} fields, not 2 or 5: {line!r}")


def files() -> list[Path]:
    return sorted((LOCALE / "src").glob("*.tsv"))


def translations() -> Catalog:
    """All files together; of a text that stands twice the first in the order of files holds."""
    total = Catalog(locale=LANGUAGE, charset="utf-8")
    for file in files():
        for message in read_tsv(file):
            if is_translated(message) and total.get(message.id, message.context) is None:
                total.add(message.id, message.string, context=message.context)
    return total


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return all(strings)


def placeholders(message: Message) -> list[tuple[set[str], set[str]]]:
    """(of the English text, of the Russian one) where the two differ. A plural may drop the number
    in the singular: the forms are compared with the richer English form.
    """

    def names(text: str) -> set[str]:
        return {found.group(0) for found in _PLACEHOLDER.finditer(text.replace("%%", ""))}

    english = message.id if isinstance(message.id, (tuple, list)) else [message.id]
    russian = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    wanted = set().union(*(names(text) for text in english))
    return [(wanted, names(text)) for text in russian if names(text) != wanted]


def missing() -> list[Message]:
    known = translations()
    return [
        message
        for message in extract_texts()
        if message.id and known.get(message.id, message.context) is None
    ]


def mismatched() -> list[Message]:
    known = translations()
    return [message for message in known if message.id and placeholders(message)]


# ---- commands -----------------------------------------------------------------------------------


def compile_all() -> int:
    place = LOCALE / LANGUAGE / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    catalog = translations()
    making = place / f"django.mo.{os.getpid()}"
    with making.open("wb") as stream:
        write_mo(stream, catalog)
    making.replace(place / "django.mo")
    print(f"messages: {LANGUAGE}: {len(catalog)} texts compiled")
    return 0


def as_line(message: Message) -> str:
    """An empty translation to be filled in."""
    context = [f"@{message.context}"] if message.context else []
    if isinstance(message.id, (tuple, list)):
        return "\t".join([*context, *map(escape, message.id), "", "", ""])
    return "\t".join([*context, escape(message.id), ""])


def update_all() -> int:
    todo = LOCALE / "src" / TODO
    todo.parent.mkdir(parents=True, exist_ok=True)
    kept = []
    if todo.exists():
        lines = todo.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.rstrip("\t") == line]
    found = missing()
    lines = [*kept, *map(as_line, found)]
    if lines:
        todo.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        todo.unlink(missing_ok=True)
    print(f"messages: {len(found)} texts without translation in {todo.name}")
    return compile_all()


def check_all() -> int:
    untranslated, different = missing(), mismatched()
    for message in untranslated:
        place = ":".join(str(part) for part in message.locations[0])
        print(f"{place}: no {LANGUAGE} translation of {message.id!r}")
    for message in different:
        print(f"placeholders of {message.id!r} differ from those of {message.string!r}")
    print(f"messages: {len(untranslated)} missing, {len(different)} with other placeholders")
    return 1 if untranslated or different else 0


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
