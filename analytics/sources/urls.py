"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from analytics.sources import api, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("imports/", views.sources_list, name="sources-list"),
    path("imports/new/", views.sources_new, name="sources-new"),
    path("imports/<uuid:public_id>/", views.sources_detail, name="sources-detail"),
    path("imports/<uuid:public_id>/columns/", views.sources_map, name="sources-map"),
    path("imports/<uuid:public_id>/start/", views.sources_start, name="sources-start"),
    path("imports/<uuid:public_id>/cancel/", views.sources_cancel, name="sources-cancel"),
    path("imports/<uuid:public_id>/rejected.csv", views.sources_rejects, name="sources-rejects"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("imports/", api.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:public_id>/", api.ImportView.as_view(), name="import"),
    path("imports/<uuid:public_id>/start/", api.ImportStartView.as_view(), name="import-start"),
    path("imports/<uuid:public_id>/cancel/", api.ImportCancelView.as_view(), name="import-cancel"),
    path(
        "imports/<uuid:public_id>/rejects/", api.ImportRejectsView.as_view(), name="import-rejects"
    ),
]
