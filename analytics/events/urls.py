"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from analytics.events.api import EventsView, OrdersView

urlpatterns: list[URLPattern | URLResolver] = []
api_patterns: list[URLPattern | URLResolver] = [
    path("events/", EventsView.as_view(), name="events"),
    path("orders/", OrdersView.as_view(), name="orders"),
]
