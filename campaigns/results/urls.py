"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from campaigns.results import views
from campaigns.results.api import ResultView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="results-home"),
    path("broadcasts/<uuid:public_id>/result/", views.result_detail, name="results-detail"),
    path(
        "broadcasts/<uuid:public_id>/result/compute/",
        views.result_compute,
        name="results-compute",
    ),
    path("broadcasts/<uuid:public_id>/result/sign/", views.result_sign, name="results-sign"),
    path("broadcasts/<uuid:public_id>/result/days.csv", views.result_days, name="results-days"),
    path("sales.csv", views.sales_export, name="results-sales"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("broadcasts/<uuid:public_id>/result/", ResultView.as_view(), name="result"),
]
