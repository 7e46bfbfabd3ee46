import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from cvm_platform.common.templatetags import cvm, fields


@pytest.fixture(autouse=True)
def _russian() -> Any:
    with translation.override("ru"), timezone.override("Europe/Moscow"):
        yield


def show(source: str, path: str = "/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template(source).render(RequestContext(request, context)).strip()


@pytest.mark.parametrize(
    "name", ["money", "money_signed", "money_short", "number", "percent", "day", "moment"]
)
def test_unknown_is_a_dash_and_not_a_zero(name: str) -> None:
    assert show("{{ x|" + name + " }}", x=None) == "—"


def test_money_takes_the_named_currency() -> None:
    assert show("{{ x|money:'GBP' }}", x=500_000) == "5\u202f000\u00a0£"
    assert show("{{ x|money_exact:'RUB' }}", x=12_345_67) == "12\u202f345,67\u00a0₽"


def test_short_words_are_tied_to_the_next_one() -> None:
    assert cvm.nbsp("Письмо в 10 и по a b") == "Письмо в\u00a010 и\u00a0по\u00a0a\u00a0b"
    assert cvm.nbsp("из-за него") == "из-за него"


def test_names_stay_escaped() -> None:
    assert show("{{ x|nbsp }}", x="<b> и x") == "&lt;b&gt; и\u00a0x"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Северный обжиг", "СО"), ("Acme", "AC"), ("«Лапа и хвост»", "ЛИ"), ("", ""), ("Я", "Я")],
)
def test_initials(name: str, letters: str) -> None:
    assert cvm.initials(name) == letters


def test_days_are_shown_in_the_zone_of_the_page() -> None:
    late = datetime(2020, 3, 1, 22, 30, tzinfo=UTC)
    assert cvm.day(late) == "2 марта 2020"
    assert cvm.moment(late) == "2 марта 2020, 01:30"
    assert cvm.day(date(timezone.localtime().year, 11, 22)) == "22 ноября"


def test_icon_points_into_the_sprite() -> None:
    assert show("{% icon 'users' 's' %}") == (
        '<svg class="ic s" aria-hidden="true"><use href="/static/vendor/icons.svg#users"/></svg>'
    )


def test_interval_says_its_ends_in_words() -> None:
    html = show("{% interval -1000000 3000000 1000000 -1000000 3000000 currency='RUB' %}")
    assert 'aria-label="От \u221210\u00a0тыс.\u00a0₽ до +30\u00a0тыс.\u00a0₽"' in html
    assert 'class="iv mini unk"' in html
    assert 'fill="url(#hatch)"' in html
    assert "style=" not in html


def test_full_interval_has_labels() -> None:
    html = show("{% interval_full 4800000 37600000 21200000 currency='RUB' %}")
    assert "лучшая оценка +212\u00a0тыс.\u00a0₽" in html
    assert ">+48\u00a0тыс.\u00a0₽</text>" in html
    assert ">0</text>" in html


def test_bar_is_cut_to_its_place() -> None:
    assert 'width="100.00%"' in show("{% bar 1.7 %}")
    assert 'class="fg warn" width="0.00%"' in show("{% bar -1 'warn' 'nothing' %}")


def test_verdict_is_word_and_icon() -> None:
    html = show("{% verdict 'not_enough_data' 5 %}")
    assert "Мало данных, ещё около 5 недель" in html
    assert "#hourglass" in html
    assert "Считаем" in show("{% verdict '' %}")
    assert 'class="verd unk"' in show("{% verdict 'not_proved' style='verd' %}")


def test_plural_picks_the_form() -> None:
    source = "{% plural n 'customer' 'customers' %}"
    with translation.override("en"):
        assert [show(source, n=n) for n in (1, 2)] == ["customer", "customers"]


def test_pages_keep_the_filters() -> None:
    page = Paginator(range(45), 20).get_page(2)
    html = show("{% pagination page '#list' %}", "/?q=a&page=2", page=page)
    assert "Показаны 21–40 из 45" in html
    assert 'href="?q=a&amp;page=1"' in html
    assert 'hx-get="?q=a&amp;page=3"' in html


def test_single_page_has_no_neighbours() -> None:
    html = show("{% pagination page %}", page=Paginator(range(3), 20).get_page(1))
    assert "Показаны 1–3 из 3" in html
    assert "<a" not in html


def test_sort_turns_around_and_returns_to_the_first_page() -> None:
    source = "{% sort_link 'name' 'Name' %}"
    assert 'href="?q=a&amp;sort=name"' in show(source, "/?q=a&page=3")
    turned = show(source, "/?sort=name")
    assert 'href="?sort=-name"' in turned
    assert 'data-dir="up"' in turned


class SampleForm(forms.Form):
    name = forms.CharField(help_text="as in the passport")
    kind = forms.ChoiceField(choices=[("a", "A")])
    agreed = forms.BooleanField(required=False)


def test_control_is_tied_to_its_help_and_error() -> None:
    form = SampleForm({"kind": "a"})
    html = fields.control(form["name"])
    assert 'class="form-control fld-err"' in html
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="form-select"' in fields.control(form["kind"])
    assert 'class="form-check-input"' in fields.control(form["agreed"])


def test_chosen_marks_the_option_of_the_address() -> None:
    source = "<option {% chosen 'plan' 'b' %}>"
    assert show(source, "/?plan=b") == "<option selected>"
    assert show(source, "/?plan=a") == "<option >"


class GroupForm(forms.Form):
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


def test_group_of_choices_has_a_legend_and_a_label_for_each() -> None:
    html = show("{% include 'components/field.html' with field=form.kind %}", form=GroupForm())
    assert html.count('class="form-check-input"') == 2
    assert '<legend class="form-label">Kind</legend>' in html
    assert '<label class="form-check" for="id_kind_0">' in html
    assert "<div id=" not in html


def test_a_currency_is_named_by_its_sign_and_code() -> None:
    assert show("{{ x|currency_name }}", x="RUB") == "₽ (RUB)"
    assert show("{{ x|currency_name }}", x="XAU") == "XAU"


def test_the_head_of_a_column_of_intervals_names_the_ends_it_has() -> None:
    html = show("{% interval_scale low high currency='GBP' %}", low=-7_450_000, high=9_590_000)
    assert html.count("<text") == 3
    assert "−74,5\u00a0тыс.\u00a0£" in html
    assert "+95,9\u00a0тыс.\u00a0£" in html
    proved = show("{% interval_scale low high currency='GBP' %}", low=0, high=9_590_000)
    assert re.findall(r">([^<]+)</text>", proved) == ["0", "+95,9\u00a0тыс.\u00a0£"]
