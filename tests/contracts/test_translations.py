"""Every text of code and templates has a Russian one, with the same placeholders."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.utils.translation import gettext, override

ROOT = Path(__file__).resolve().parents[2]
LATIN = re.compile(r"[A-Za-z]{3,}")
# Said in English by Russian speakers too, or no word at all.
SAME = {"API", "CSV", "CVM", "E-mail", "HTML", "ID", "JSON", "Push", "RFM", "SMS", "XLSX"}


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_is_translated(tool: Any) -> None:
    missing = [f"{message.locations[0][0]}: {message.id}" for message in tool.missing()]
    assert missing == []


def test_placeholders_are_kept(tool: Any) -> None:
    assert [message.id for message in tool.mismatched()] == []


def test_russian_is_russian(tool: Any) -> None:
    """A translation that repeats the English text was forgotten."""
    forgotten = [
        message.id
        for message in tool.translations()
        if isinstance(message.id, str)
        and message.id == message.string
        and LATIN.search(message.id)
        and message.id not in SAME
    ]
    assert forgotten == []


def test_no_exclamations_and_no_successes(tool: Any) -> None:
    """The tone of the guide: a fact, not a cheer; a person of the base is a customer."""
    loud = [
        message.string
        for message in tool.translations()
        if message.id and re.search(r"!(?=\s|$)|[Уу]спешно", str(message.string))
    ]
    assert loud == []


def test_one_text_has_one_translation(tool: Any) -> None:
    """Two files that translate one text in two ways: only one of them would be seen."""
    seen: dict[Any, tuple[Any, str]] = {}
    clashes = []
    for file in tool.files():
        for message in tool.read_tsv(file):
            key = (message.context, message.id)
            known = seen.setdefault(key, (message.string, file.name))
            if known[0] != message.string:
                clashes.append((message.id, known, (message.string, file.name)))
    assert clashes == []


def test_compiled_catalogue_is_what_the_files_say(tool: Any, tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "messages.py", "compile"], check=True)
    with override("ru"):
        assert gettext("Not enough data") == "Мало данных"
    with override("en"):
        assert gettext("Not enough data") == "Not enough data"


def _templates() -> list[str]:
    folder = ROOT / "templates"
    return [str(file.relative_to(folder)) for file in sorted(folder.rglob("*.html"))]


@pytest.mark.parametrize("name", _templates())
def test_template_compiles_and_has_no_bare_text(name: str) -> None:
    """No inline style or script, which the policy would refuse, and no Russian outside locale/."""
    engines["django"].get_template(name)
    source = (ROOT / "templates" / name).read_text(encoding="utf-8")
    source = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", source, flags=re.DOTALL)
    assert not re.search(r"[А-Яа-яЁё]", source)
    assert not re.search(r"\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|<style|javascript:", source)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", source) == []
