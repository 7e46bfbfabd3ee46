"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.audit import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("log/", views.processing_list, name="audit-processing"),
    path("log/processing.csv", views.processing_export, name="audit-processing-export"),
    path("log/changes/", views.changes_list, name="audit-changes"),
]
api_patterns: list[URLPattern | URLResolver] = []
