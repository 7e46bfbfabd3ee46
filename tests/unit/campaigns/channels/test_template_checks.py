import pytest

from campaigns.channels.problems import Part, Severity, TemplateInvalid, TemplateProblem
from campaigns.channels.rendering import TemplateSource, check_template, compile_template

FOOTER = '{{ sender.name }} {{ sender.address }} <a href="{{ unsubscribe_url }}">x</a>'


def _messages(html: str, **parts: str) -> list[tuple[Part, int, str]]:
    source = TemplateSource(**{"subject": "s", "html": f"{html}\n{FOOTER}", **parts})
    return [(each.part, each.line, each.message) for each in check_template(source)]


def test_a_good_template_has_no_problems(newsletter: TemplateSource) -> None:
    fields = ["customer.first_name", "offer", "products"]
    assert check_template(newsletter, fields=fields) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<script>x</script>", "The tag <script> is not allowed in a message."),
        ("<form action='https://a.example'>", "The tag <form> is not allowed in a message."),
        ("<ScRiPt src=x>", "The tag <script> is not allowed in a message."),
        ("<iframe src='x'>", "The tag <iframe> is not allowed in a message."),
        ("<img src=x OnError=alert(1)>", "Scripts do not run in mail: remove onerror=…"),
        ("<a\thref='java&#9;script:x'>", "This address is not allowed: java\tscript:x"),
        ("<a href=' JavaScript:x'>", "This address is not allowed:  JavaScript:x"),
        ("<a href='data:text/html,x'>", "This address is not allowed: data:text/html,x"),
        ("<p style='width:expression(1)'>", "This style is not allowed: width:expression(1)"),
        (
            "<meta http-equiv='Refresh' content='0;url=x'>",
            "A message may not send its reader elsewhere (meta refresh).",
        ),
        ("<td {{ a }}>", "A value inside a tag stands in quotes: {{ a }}."),
        ("<a href={{ a }}>", "A value inside a tag stands in quotes: {{ a }}."),
        ("<{{ a }}>", "A value inside a tag stands in quotes: {{ a }}."),
        ("<style>p{color:{{ a }}}</style>", "A value may not stand inside <style>: {{ a }}."),
        ("{% set a = 1 %}", "{% set %} is not allowed here; there are if and for."),
        ("{% include 'x' %}", "{% include %} is not allowed here; there are if and for."),
        ("{% macro a() %}", "{% macro %} is not allowed here; there are if and for."),
        ("{% raw %}", "{% raw %} is not allowed here; there are if and for."),
        ("{% endif %}", "{% endif %} closes nothing."),
        ("{% else %}", "{% else %} outside a block."),
        ("{% if a %}", "{% if %} is opened here and never closed."),
        ("{{ 'a' * 1000000 }}", "Multiplication is not allowed: amounts come ready to print."),
        ("{{ a.pop('b') }}", "Calls are not allowed: pop(…)."),
        ("{{ a['pop']('b') }}", "Calls are not allowed: ](…)."),
        ("{{ (a)(b) }}", "Calls are not allowed: )(…)."),
        ("{{ a.range(1) }}", "Calls are not allowed: range(…)."),
        ("{{ debug() }}", "Calls are not allowed: debug(…)."),
        ("{{ a.__class__ }}", "Names that begin with “_” are reserved: __class__."),
        ("{{ _click }}", "Names that begin with “_” are reserved: _click."),
        ("{{ a is sameas b }}", "There is no test “is sameas”."),
        ("{{ a", "“{{” without “}}”."),
        ("{% if a", "“{%” without “%}”."),
    ],
)
def test_what_must_not_be_in_a_message_is_named_with_its_line(line: str, message: str) -> None:
    assert (Part.HTML, 3, message) in _messages(f"<p>\n\n{line}")


@pytest.mark.parametrize(
    "line",
    [
        '<img src="data:image/png;base64,AA==" alt="{{ a }}">',
        "{% if a and (b or not (c)) %}{{ a|default('x') }}{% elif d is not defined %}{% endif %}",
        "{% for i in range(3) %}{{ loop.index }}{% else %}{% endfor %}",
        "{# {{ a.pop() }} #}",
        "{{ 'a.pop(1) * __x__' }}",
        '<p title="it\'s > 1">{{ a[0].b }}</p>',
        "<!--[if mso]><table><![endif]-->",
        "{{ a|upper|truncate(length=10) }}",
        "{{- a -}}",
    ],
)
def test_harmless_things_are_allowed(line: str) -> None:
    assert _messages(line) == []


@pytest.mark.parametrize("name", ["format", "replace", "indent", "safe", "batch", "tojson", "map"])
def test_filters_that_make_much_of_little_or_unescape_are_not_there(name: str) -> None:
    problems = _messages("{{ a|" + name + " }}")
    assert [(part, line) for part, line, _message in problems] == [(Part.HTML, 1)]
    assert problems[0][2].startswith(f"There is no filter “{name}”")


def test_the_required_pieces_must_be_there_for_every_reader() -> None:
    def missing(html: str, text: str = "") -> list[str]:
        source = TemplateSource(subject="s", html=html, text=text)
        return [
            each.message.split("add ")[1].split(" outside")[0] for each in check_template(source)
        ]

    link = '<a href="{{ unsubscribe_url }}">'
    name, address = "{{ sender.name }}", "{{ sender.address }}"
    assert missing("<p>x</p>") == [link, name, address]
    assert missing(f"{{% if a %}}{FOOTER}{{% endif %}}") == [link, name, address]
    assert missing(f"<!-- {FOOTER} -->") == [link, name, address]
    assert missing(f"{name} {address} {{{{ unsubscribe_url }}}}") == [link]
    assert missing(FOOTER, text="x") == ["{{ unsubscribe_url }}"]
    assert missing(FOOTER, text="{{ unsubscribe_url }}") == []


def test_a_service_message_needs_no_refusal_link() -> None:
    source = TemplateSource(subject="s", html="<p>Ваш заказ готов</p>")
    assert check_template(source, requires_footer=False) == []


def test_unknown_fields_are_named_with_the_nearest_known_one() -> None:
    source = TemplateSource(
        subject="{{ customer.frist_name }}",
        html=f"<p>\n{{{{ zzz }}}} {{{{ customer }}}} {{{{ products.0.name }}}}\n{FOOTER}",
    )
    found = check_template(source, fields=["customer.first_name", "products"])
    assert found == [
        TemplateProblem(
            Part.SUBJECT,
            1,
            "There is no field “customer.frist_name”. Did you mean “customer.first_name”?",
        ),
        TemplateProblem(Part.HTML, 2, "“customer” is a group: choose one of its fields."),
        TemplateProblem(Part.HTML, 2, "There is no field “zzz”."),
    ]


def test_syntax_is_reported_by_part() -> None:
    assert _messages("x", text="\n{{ unsubscribe_url }} {{ a b }}") == [
        (Part.TEXT, 2, "This does not read: unexpected identifier, expected end of variable block.")
    ]


def test_a_text_that_cannot_be_made_must_be_written() -> None:
    html = "<style>{% if a %}</style>{% endif %}"
    assert _messages(html) == [
        (Part.TEXT, 0, "No text can be made from this HTML: write the text part.")
    ]
    assert _messages(html, text="{{ unsubscribe_url }}") == []


def test_empty_and_huge_parts_are_refused() -> None:
    assert _messages("x", subject=" ") == [(Part.SUBJECT, 0, "This part is empty.")]
    assert _messages("x" * 500_001) == [(Part.HTML, 0, "Longer than 500000 characters.")]
    assert _messages("x", subject="s" * 1001) == [(Part.SUBJECT, 0, "Longer than 1000 characters.")]


def test_a_long_message_is_a_warning_and_compiles() -> None:
    source = TemplateSource(subject="s", html="я" * 60_000 + FOOTER)
    template = compile_template(source)
    assert [(each.severity, each.message) for each in template.warnings] == [
        (Severity.WARNING, "117 KB of HTML: Gmail cuts messages after 102 KB.")
    ]


def test_a_bad_template_does_not_compile_and_tells_all() -> None:
    with pytest.raises(TemplateInvalid) as caught:
        compile_template(TemplateSource(subject="{{ a", html=f"<iframe>{FOOTER}"))
    assert [problem.part for problem in caught.value.problems] == [Part.SUBJECT, Part.HTML]
    assert caught.value.fields == {
        "subject": "“{{” without “}}”.",
        "html": "The tag <iframe> is not allowed in a message.",
    }


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "nasty",
    [
        "{{ '",
        "{{",
        "{%",
        "{#",
        "{{ a }}",
        "{% if a %}",
        "<a href='{{ a }}'>",
        "<a ",
        "x=",
        "<",
        "<a href='",
        "<!--",
        "<style>",
        "</p ",
        "&#",
        "}",
    ],
)
def test_hostile_sources_are_read_in_good_time(nasty: str) -> None:
    assert len(_messages(nasty * (200_000 // len(nasty)))) <= 155
