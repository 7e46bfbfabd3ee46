import gettext
import importlib.util
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "messages.py"

TEMPLATE = """{% load i18n %}
  <p>{% translate "Customers" %}</p>
    {% blocktranslate count n=n %}{{ n }} order{% plural %}{{ n }} orders{% endblocktranslate %}
<b>{% translate "May" context "month" %}</b> Don't stumble over this
"""
CODE = 'from django.utils.translation import gettext as _\n\nA = _("Segments")\nB = _(A)\n'
RUSSIAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: ru\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "Customers"
msgstr "Клиенты"

msgctxt "month"
msgid "May"
msgstr "май"

msgid "%(n)s order"
msgid_plural "%(n)s orders"
msgstr[0] "%(n)s заказ"
msgstr[1] "%(n)s заказа"
msgstr[2] "%(n)s заказов"
"""  # noqa: E501 the rule of Russian plurals is one line in every catalogue


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("messages_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LOCALE", tmp_path / "locale")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "tenants" / "migrations").mkdir(parents=True)
    (tmp_path / "tenants" / "views.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "tenants" / "migrations" / "0001.py").write_text('_("never shown")\n')
    place = tmp_path / "locale" / "ru" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "part.po").write_text(RUSSIAN, encoding="utf-8")
    return module


def test_texts_of_code_and_templates_are_found(tool: Any) -> None:
    found = {(message.id, message.context) for message in tool.extract_texts() if message.id}
    assert found == {
        ("Customers", None),
        (("%(n)s order", "%(n)s orders"), None),
        ("May", "month"),
        ("Segments", None),
    }


def test_compiled_catalogue_translates_with_plurals_and_contexts(tool: Any, tmp_path: Path) -> None:
    assert tool.compile_all() == 0
    with (tmp_path / "locale/ru/LC_MESSAGES/django.mo").open("rb") as file:
        russian = gettext.GNUTranslations(file)
    assert russian.gettext("Customers") == "Клиенты"
    assert russian.pgettext("month", "May") == "май"
    numbers = [russian.ngettext("%(n)s order", "%(n)s orders", n) for n in (1, 3, 11)]
    assert numbers == ["%(n)s заказ", "%(n)s заказа", "%(n)s заказов"]
    assert russian.gettext("Segments") == "Segments"


def test_update_keeps_what_is_known_takes_parts_in_and_tells_what_is_missing(
    tool: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.update_all() == 0
    assert "4 texts, 1 without translation" in capsys.readouterr().out
    place = tmp_path / "locale/ru/LC_MESSAGES"
    assert [file.name for file in place.glob("*.po")] == ["django.po"]
    text = (place / "django.po").read_text(encoding="utf-8")
    assert 'msgid "Customers"\nmsgstr "Клиенты"' in text
    assert 'msgid "Segments"\nmsgstr ""' in text
    assert tool.check_all() == 1
    assert "tenants/views.py:3: no ru translation of 'Segments'" in capsys.readouterr().out
    (place / "django.po").write_text(
        text.replace('msgid "Segments"\nmsgstr ""', 'msgid "Segments"\nmsgstr "Сегменты"'),
        encoding="utf-8",
    )
    assert tool.check_all() == 0
