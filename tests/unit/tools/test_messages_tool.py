import gettext
import importlib.util
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "messages.py"

TEMPLATE = """{% load i18n %}
  <p>{% translate "Customers" %}</p>
    {% blocktranslate count n=n %}{{ n }} order{% plural %}{{ n }} orders{% endblocktranslate %}
<b>{% translate "May" context "month" %}</b> Don't stumble over this {% plural x "day" "days" %}
"""
CODE = 'from django.utils.translation import gettext as _\n\nA = _("Segments")\nB = _(A)\n'
RUSSIAN = (
    "# a comment\n"
    "Customers\tПокупатели\n"
    "@month\tMay\tмай\n"
    "\n"
    "%(n)s order\t%(n)s orders\t%(n)s заказ\t%(n)s заказа\t%(n)s заказов\n"
    "Two\\nlines\tДве\\nстроки\n"
)


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
    (tmp_path / "locale" / "src").mkdir(parents=True)
    (tmp_path / "locale" / "src" / "part.tsv").write_text(RUSSIAN, encoding="utf-8")
    return module


def test_texts_of_code_and_templates_are_found(tool: Any) -> None:
    found = {(message.id, message.context) for message in tool.extract_texts() if message.id}
    assert found == {
        ("Customers", None),
        (("%(n)s order", "%(n)s orders"), None),
        (("day", "days"), None),
        ("May", "month"),
        ("Segments", None),
    }


def test_compiled_catalogue_translates_with_plurals_and_contexts(tool: Any, tmp_path: Path) -> None:
    assert tool.compile_all() == 0
    with (tmp_path / "locale/ru/LC_MESSAGES/django.mo").open("rb") as file:
        russian = gettext.GNUTranslations(file)
    assert russian.gettext("Customers") == "Покупатели"
    assert russian.pgettext("month", "May") == "май"
    assert russian.gettext("Two\nlines") == "Две\nстроки"
    numbers = [russian.ngettext("%(n)s order", "%(n)s orders", n) for n in (1, 3, 11)]
    assert numbers == ["%(n)s заказ", "%(n)s заказа", "%(n)s заказов"]
    assert russian.gettext("Segments") == "Segments"


def test_update_lists_what_is_missing_and_keeps_what_was_filled_in(
    tool: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.update_all() == 0
    assert "2 texts without translation" in capsys.readouterr().out
    todo = tmp_path / "locale/src/todo.tsv"
    assert sorted(todo.read_text(encoding="utf-8").splitlines()) == [
        "Segments\t",
        "day\tdays\t\t\t",
    ]
    assert tool.check_all() == 1
    assert "tenants/views.py:3: no ru translation of 'Segments'" in capsys.readouterr().out
    todo.write_text("Segments\tСегменты\nday\tdays\tдень\tдня\tдней\n", encoding="utf-8")
    assert tool.update_all() == 0
    kept = todo.read_text(encoding="utf-8")
    assert kept == "Segments\tСегменты\nday\tdays\tдень\tдня\tдней\n"
    assert tool.check_all() == 0


def test_lost_placeholder_is_told(tool: Any, tmp_path: Path) -> None:
    file = tmp_path / "locale/src/part.tsv"
    file.write_text("%(name)s of %(all)s\t%(nmae)s из %(all)s\n", encoding="utf-8")
    assert [message.id for message in tool.mismatched()] == ["%(name)s of %(all)s"]


def test_line_of_another_shape_is_refused_with_its_place(tool: Any, tmp_path: Path) -> None:
    (tmp_path / "locale/src/bad.tsv").write_text("only one field\n", encoding="utf-8")
    with pytest.raises(tool.BadLine, match=r"bad\.tsv:1: 1 fields"):
        tool.compile_all()
