"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from campaigns.broadcasts import api, views

_ONE = "broadcasts/<uuid:public_id>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("broadcasts/", views.broadcast_list, name="broadcasts-list"),
    path("broadcasts/new/", views.broadcast_new, name="broadcasts-new"),
    path(_ONE, views.broadcast_detail, name="broadcasts-detail"),
    path(f"{_ONE}edit/", views.broadcast_edit, name="broadcasts-edit"),
    path(f"{_ONE}estimate/", views.broadcast_estimate, name="broadcasts-estimate"),
    path(f"{_ONE}control/", views.broadcast_control, name="broadcasts-control"),
    path(f"{_ONE}audience.csv", views.broadcast_reasons, name="broadcasts-reasons"),
    path(f"{_ONE}preview/", views.broadcast_preview, name="broadcasts-preview"),
    path(f"{_ONE}test/", views.broadcast_test, name="broadcasts-test"),
    path(f"{_ONE}start/", views.broadcast_start, name="broadcasts-start"),
    path(f"{_ONE}preparing/", views.broadcast_preparing, name="broadcasts-preparing"),
    path(f"{_ONE}preparing/cancel/", views.broadcast_unprepare, name="broadcasts-unprepare"),
    path(f"{_ONE}pause/", views.broadcast_pause, name="broadcasts-pause"),
    path(f"{_ONE}resume/", views.broadcast_resume, name="broadcasts-resume"),
    path(f"{_ONE}cancel/", views.broadcast_cancel, name="broadcasts-cancel"),
    path(f"{_ONE}delete/", views.broadcast_delete, name="broadcasts-delete"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("broadcasts/", api.BroadcastListView.as_view(), name="broadcasts-list"),
    path(_ONE, api.BroadcastDetailView.as_view(), name="broadcasts-detail"),
    path(f"{_ONE}estimate/", api.BroadcastEstimateView.as_view(), name="broadcasts-estimate"),
    path(f"{_ONE}start/", api.BroadcastStartView.as_view(), name="broadcasts-start"),
    path(f"{_ONE}pause/", api.BroadcastPauseView.as_view(), name="broadcasts-pause"),
    path(f"{_ONE}resume/", api.BroadcastResumeView.as_view(), name="broadcasts-resume"),
    path(f"{_ONE}cancel/", api.BroadcastCancelView.as_view(), name="broadcasts-cancel"),
]
