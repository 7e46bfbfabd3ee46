"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from analytics.features import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("rfm/", views.rfm_detail, name="features-rfm"),
    path("rfm/refresh/", views.rfm_refresh, name="features-rfm-refresh"),
    path("rfm/export.csv", views.rfm_export, name="features-rfm-export"),
]
api_patterns: list[URLPattern | URLResolver] = []
