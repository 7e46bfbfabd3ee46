"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.registers import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("registers/", views.missing, name="registers-missing"),
    path("registers/open/", views.open_company, name="registers-open"),
]
api_patterns: list[URLPattern | URLResolver] = []
