"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from analytics.profiles import views
from analytics.profiles.api import CustomersView, CustomerView

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/", views.customer_list, name="customers-list"),
    path("customers/<uuid:public_id>/", views.customer_detail, name="customers-detail"),
    path("customers/<uuid:public_id>/reveal/", views.customer_reveal, name="customers-reveal"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("customers/", CustomersView.as_view(), name="customers"),
    path("customers/<uuid:public_id>/", CustomerView.as_view(), name="customer"),
]
