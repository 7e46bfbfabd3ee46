import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channels.problems import Part, RenderFailed
from campaigns.channels.rendering import CompiledTemplate, TemplateSource, compile_template
from campaigns.channels.tracking import MessageUrls

URLS = MessageUrls(
    "https://go.shop.example/c/T/", "https://go.shop.example/o/T.gif", "https://go.shop.example/u/T"
)
SENDER = {"name": "Зерно", "address": "Москва, ул. Лесная, 1"}


def _template(html: str, *, fields: list[str] | None = None, **parts: str) -> CompiledTemplate:
    source = TemplateSource(**{"subject": "s", "html": html, **parts})
    return compile_template(source, fields=fields, requires_footer=False, tracks=False)


def _html(html: str, **context: Any) -> str:
    return _template(html).render(context, URLS).html


def test_a_newsletter(newsletter: TemplateSource) -> None:
    template = compile_template(newsletter, fields=["customer.first_name", "offer", "products"])
    context: dict[str, Any] = {
        "customer": {"first_name": "Анна"},
        "offer": "10 %",
        "products": [{"slug": "a b", "name": "Кофе <1>"}, {"slug": "c", "name": "Чай"}],
        "sender": SENDER,
    }
    content = template.render(context, URLS)
    assert content.subject == "Анна, новый урожай"
    assert "Здравствуйте, Анна!" in content.html
    assert re.findall(r'href="([^"]*)"', content.html) == [
        "https://go.shop.example/c/T/0?u=a%20b",
        "https://go.shop.example/c/T/0?u=c",
        "https://go.shop.example/c/T/1",
        "https:&#x2f;&#x2f;go.shop.example&#x2f;u&#x2f;T",
    ]
    assert "Кофе &lt;1&gt;" in content.html
    assert '<body><div style="display:none;' in content.html
    assert "Скидка 10 % до пятницы&#847;" in content.html
    pixel = '<img src="https://go.shop.example/o/T.gif" width="1" height="1" alt=""'
    assert content.html.count(pixel) == 1
    assert content.html.index(pixel) < content.html.index("</body>")
    assert content.text == (
        "Здравствуйте, Анна!\n\n"
        "Кофе <1>: https://go.shop.example/c/T/0?u=a%20b\n\n"
        "Чай: https://go.shop.example/c/T/0?u=c\n\n"
        "Распродажа: https://go.shop.example/c/T/1\n\n"
        "Зерно, Москва, ул. Лесная, 1 Отписаться: https://go.shop.example/u/T\n"
    )


def test_without_tracking_there_are_no_counted_links_and_no_pixel(
    newsletter: TemplateSource,
) -> None:
    template = compile_template(newsletter, fields=["customer", "offer", "products"], tracks=False)
    html = template.render({"sender": SENDER}, URLS).html
    assert template.links == ()
    assert "/c/T/" not in html
    assert "/o/T.gif" not in html
    assert "https://shop.example/sale?a=1&amp;b=2" in html


@given(st.text(max_size=60))
def test_values_cannot_leave_text_or_attribute(value: str) -> None:
    html = _html('<p title="{{ v }}">{{ v }}</p>', v=value)
    inside = re.fullmatch(r'<p title="([^"<>]*)">([^"<>]*)</p>', html, re.DOTALL)
    assert inside is not None
    assert inside[1] == inside[2]


def test_a_value_marked_safe_elsewhere_is_not_safe_here() -> None:
    assert _html("{{ v }}", v=mark_safe("<b>")) == "&lt;b&gt;"


def test_the_subject_has_one_line_whatever_the_values_are() -> None:
    template = _template("x", subject=" {{ a }}\n {{ b }} ")
    subject = template.render({"a": "x\r\nBcc: b@example.com", "b": "\x00y\u2028"}, URLS).subject
    assert subject == "x Bcc: b@example.com y"


def test_nothing_prints_as_nothing() -> None:
    assert _html("[{{ a }}]{% if a %}!{% endif %}[{{ b.c }}]", a=None, b={"c": None}) == "[][]"


def test_known_fields_that_a_customer_lacks_are_empty() -> None:
    html = "{{ customer.name or 'друг' }}{% for x in items %}!{% endfor %}{{ customer.city }}."
    template = _template(html, fields=["customer.name", "customer.city", "items"])
    assert template.render({}, URLS).html == "друг."
    assert template.render({"customer": {"city": "Тула"}}, URLS).html == "другТула."


def test_a_missing_value_inside_a_loop_fails_this_message_with_its_line() -> None:
    template = _template("\n{% for x in items %}\n{{ x.name }}{% endfor %}", fields=["items"])
    with pytest.raises(RenderFailed) as caught:
        template.render({"items": [{}]}, URLS)
    assert (caught.value.part, caught.value.line) == (Part.HTML, 3)
    assert caught.value.message == "A value of this line is missing for this customer."
    assert template.render({"items": [{"name": "x"}]}, URLS).html == "\n\nx"


def test_endless_work_runs_out_of_fuel() -> None:
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(RenderFailed, match="works too long"):
        _html(loops)


def test_a_long_literal_in_a_loop_cannot_fill_the_memory() -> None:
    with pytest.raises(RenderFailed, match="works too long"):
        _html("{% for a in range(99999) %}" + "x" * 20_000 + "{% endfor %}")


@pytest.mark.parametrize("value", [datetime(2026, 1, 1, tzinfo=UTC), object(), {1, 2}, b"x"])
def test_objects_are_a_defect_of_the_caller(value: object) -> None:
    with pytest.raises(TypeError, match="A template prints no"):
        _html("{{ v }}", v=value)


def test_a_template_cannot_change_what_the_caller_gave() -> None:
    context: dict[str, Any] = {"a": {"b": 1}, "sender": SENDER}
    _template("{{ a.c }}", fields=["a.b", "a.c"]).render(context, URLS)
    assert context == {"a": {"b": 1}, "sender": SENDER}


def test_filters_and_numbers() -> None:
    html = "{{ a|upper }} {{ b|default('x') }} {{ n + 1 }} {{ l|join(', ') }} {{ f|round(1) }}"
    assert _html(html, a="я", n=1, l=["a", "b"], f=2.26) == "Я x 2 a, b 2.3"


def test_the_text_of_an_author_is_kept_and_not_escaped() -> None:
    template = _template("<p>x</p>", text="{{ a }}\r\n\r\n\r\n\r\nend")
    assert template.render({"a": "<&>"}, URLS).text == "<&>\n\nend"


def test_a_minified_template_gets_line_ends_where_html_ignores_them() -> None:
    row = '<tr><td class="x">{{ a }}</td><td><br><img src="a.png"></td></tr>'
    style = "<style>" + "p{color:red}" * 100 + "</style>"
    html = f"<html><head>{style}</head><body><table>{row * 50}</table></body></html>"
    made = _html(html, a="x")
    assert max(map(len, made.split("\n"))) < 700
    assert re.sub(r"\n(?=>)|(?<=\})\n", "", made) == html.replace("{{ a }}", "x")


def test_a_preheader_is_text_not_html() -> None:
    template = _template("<p>x</p>", preheader="a < b\n{{ v }}")
    html = template.render({"v": "<i>"}, URLS).html
    assert "a &lt; b &lt;i&gt;&#847;" in html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a</li><li>b</li></ul>", "• a\n\n• b\n"),
        ("<head><style>p{}</style></head><p>a&nbsp;&amp; b</p>", "a & b\n"),
        ("a<br>b<hr>c", "a\nb\n----\nc\n"),
        ('<img alt="Кофе" src="x"> <td>1</td><td>2</td>', "Кофе 1 2\n"),
        ('<a href="#x">up</a> <a>b</a>', "up b\n"),
        ('<a href="https://a.example/">x</a>', "x: https://a.example/\n"),
        ("<!-- no --><p>a\n  b</p>", "a b\n"),
        ("{% if a %}<p>{{ a }}</p>{% endif %}z", "1\n\nz\n"),
    ],
)
def test_the_text_made_from_html(html: str, text: str) -> None:
    assert _template(html).render({"a": 1}, URLS).text.lstrip("\n") == text
