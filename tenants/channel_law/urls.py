"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.channel_law import api, views

_ONE = "channel-law/<str:channel>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("channel-law/", views.channel_list, name="channel-law-list"),
    path(_ONE, views.channel_detail, name="channel-law-detail"),
    path(f"{_ONE}step/", views.channel_act, name="channel-law-act"),
    path(f"{_ONE}open/", views.channel_open, name="channel-law-open"),
    path(f"{_ONE}<str:what>/<int:pk>/end/", views.channel_end, name="channel-law-end"),
    path(
        f"{_ONE}opinions/<uuid:public_id>/revoke/", views.opinion_revoke, name="channel-law-revoke"
    ),
    path(f"{_ONE}opinions/<uuid:public_id>/file/", views.opinion_file, name="channel-law-file"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("channels/", api.ChannelsView.as_view(), name="channels"),
]
