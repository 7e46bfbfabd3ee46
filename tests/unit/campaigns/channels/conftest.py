from collections.abc import Iterator

import pytest
from django.utils import translation

from campaigns.channels.rendering import TemplateSource
from campaigns.channels.tracking import MessageUrls, Tracker, TrackingKeys

FOOTER = (
    '<p>{{ sender.name }}, {{ sender.address }}\n<a href="{{ unsubscribe_url }}">Отписаться</a></p>'
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(TrackingKeys({1: b"1" * 32}, active=1), "https://go.shop.example")


@pytest.fixture
def urls() -> MessageUrls:
    return MessageUrls(
        "https://go.shop.example/c/T/",
        "https://go.shop.example/o/T.gif",
        "https://go.shop.example/u/T",
    )


@pytest.fixture
def newsletter() -> TemplateSource:
    return TemplateSource(
        subject="{{ customer.first_name }}, новый урожай",
        preheader="Скидка {{ offer }} до пятницы",
        html=(
            "<!doctype html>\n<html><head><title>x</title></head>\n<body>\n"
            "<h1>Здравствуйте, {{ customer.first_name }}!</h1>\n"
            "{% for item in products %}\n"
            '<p><a href="https://shop.example/p/{{ item.slug }}">{{ item.name }}</a></p>\n'
            "{% endfor %}\n"
            '<a href="https://shop.example/sale?a=1&amp;b=2">Распродажа</a>\n'
            f"{FOOTER}\n</body></html>\n"
        ),
    )
