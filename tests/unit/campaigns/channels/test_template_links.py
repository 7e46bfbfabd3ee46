import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channels.links import LinkMode, TrackedLink, resolve_link, track_links
from campaigns.channels.markup import read_source
from campaigns.channels.rendering import TemplateSource, compile_template
from campaigns.channels.tracking import MessageUrls, Tracked, Tracker, TrackingKeys

TRACKER = Tracker(TrackingKeys({1: b"1" * 32}, active=1), "https://go.shop.example")
URLS = TRACKER.urls(Tracked(7, 1, 2))


def _links(html: str, *, can_sign: bool = True) -> tuple[str, tuple[TrackedLink, ...]]:
    return track_links(read_source(html, is_html=True), can_sign=can_sign)


def _clicked(html: str, context: dict[str, object], urls: MessageUrls = URLS) -> str | None:
    """Where a reader of the rendered message lands after a click on its first link."""
    template = compile_template(
        TemplateSource(subject="s", html=html),
        requires_footer=False,
        sign_link=lambda url: TRACKER.sign_link(7, url),
    )
    rendered = template.render(context, urls).html  # type: ignore[arg-type]  # texts by the tests
    href = unescape(re.search(r'href="([^"]*)"', rendered)[1])  # type: ignore[index]  # is there
    number = re.fullmatch(re.escape(urls.click_base) + r"(\d+)(\?.*)?", href)
    assert number is not None, href
    query = parse_qs(urlsplit(href).query, keep_blank_values=True)
    return resolve_link(
        template.links[int(number[1])],
        query.get("u", [""])[0],
        query.get("s", [""])[0],
        lambda url, signature: TRACKER.check_link(7, url, signature),
    )


def test_links_are_numbered_in_order_and_labelled() -> None:
    html, links = _links(
        '<a href="https://shop.example/a?x=1&amp;y=2">Первая  <b>ссылка</b></a>'
        "<a class=x href='https://shop.example/b'><img alt='Кофе' src=x></a>"
        '<map><area href="https://shop.example/c"></map>'
    )
    assert links == (
        TrackedLink(0, LinkMode.STATIC, "https://shop.example/a?x=1&y=2", "Первая ссылка"),
        TrackedLink(1, LinkMode.STATIC, "https://shop.example/b", "Кофе"),
        TrackedLink(2, LinkMode.STATIC, "https://shop.example/c", ""),
    )
    assert re.findall(r"\{\{ _click\|safe \}\}(\d)", html) == ["0", "1", "2"]
    assert "shop.example" not in html


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{{ unsubscribe_url }}">x</a>',
        '<a href="mailto:a@shop.example">x</a>',
        '<a href="tel:+79990000000">x</a>',
        '<a href="#top">x</a>',
        '<a href="{% if a %}https://a.example/{% endif %}">x</a>',
        '<a data-no-track href="https://shop.example/">x</a>',
        '<a href="https://{{ host }}/">x</a>',
        '<a href="https://shop.example{{ path }}">x</a>',
        '<a name="x">x</a>',
        '<link href="https://fonts.example/a.css">',
        "<!-- <a href='https://shop.example/'>x</a> -->",
        "<style>a[href='https://shop.example']{}</style>",
    ],
)
def test_what_is_not_counted_stays_as_it_was(html: str) -> None:
    assert _links(html) == (html, ())


def test_an_unquoted_target_gets_quotes() -> None:
    html, links = _links("<a href=https://shop.example/a/ class=b>x</a>")
    assert html == '<a href="{{ _click|safe }}0" class=b>x</a>'
    assert links[0].target == "https://shop.example/a/"


def test_a_title_that_looks_like_a_link_is_left_alone() -> None:
    html, links = _links(
        """<a title="x href='https://evil.example'" href="https://shop.example/">x</a>"""
    )
    assert "evil.example" in html
    assert [link.target for link in links] == ["https://shop.example/"]


@pytest.mark.parametrize(
    ("href", "context", "target"),
    [
        ("https://shop.example/a?x=1&amp;y=2#z", {}, "https://shop.example/a?x=1&y=2#z"),
        ("https://shop.example/p/{{ s }}?a={{ t }}", {"s": "я&b", "t": '"\'<'}, "https://shop.example/p/я&b?a=\"'<"),
        ('https://shop.example/?q={{ s|default("a\\"b") }}', {"s": "x y"}, "https://shop.example/?q=x%20y"),
        ("{{ s }}", {"s": "https://other.example/я?a=1&b=2"}, "https://other.example/я?a=1&b=2"),
        ("{{ s }}?utm=m\\x", {"s": "http://other.example/"}, "http://other.example/?utm=m\\x"),
    ],
)  # fmt: skip
def test_a_click_leads_where_the_author_meant(
    href: str, context: dict[str, object], target: str
) -> None:
    assert _clicked(f'<a href="{href}">x</a>', context) == target


@given(st.text(min_size=1, max_size=40))
def test_values_of_customers_never_change_the_host(value: str) -> None:
    target = _clicked('<a href="https://shop.example/{{ v }}">x</a>', {"v": value})
    assert target is not None
    assert urlsplit(target).hostname == "shop.example"
    assert not re.search(r"[\x00-\x20\x7f]", target)


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "//evil.example", "/path", "data:text/html,x"]
)
def test_an_address_made_of_values_must_be_one_of_the_web(value: str) -> None:
    assert _clicked('<a href="{{ v }}">x</a>', {"v": value}) is None


def test_a_signed_link_cannot_be_pointed_elsewhere() -> None:
    link = TrackedLink(0, LinkMode.SIGNED, "", "")
    signature = TRACKER.sign_link(7, "https://shop.example/")

    def check(url: str, given_signature: str) -> bool:
        return TRACKER.check_link(7, url, given_signature)

    assert resolve_link(link, "https://shop.example/", signature, check) == "https://shop.example/"
    assert resolve_link(link, "https://evil.example/", signature, check) is None
    assert resolve_link(link, "https://shop.example/", "", check) is None


def test_without_a_key_links_of_values_stay_uncounted() -> None:
    html = '<a href="{{ item.url }}">x</a>'
    assert _links(html, can_sign=False) == (html, ())
