"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.requests import views
from tenants.requests.api import RequestsView, RequestView

urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/", views.desk, name="requests-desk"),
    path("privacy/requests/find/", views.register_find, name="requests-find"),
    path("privacy/requests/new/", views.register_new, name="requests-new"),
    path("privacy/requests/<uuid:public_id>/", views.request_detail, name="requests-detail"),
    path("privacy/requests/<uuid:public_id>/files/", views.request_files, name="requests-files"),
    path(
        "privacy/requests/<uuid:public_id>/do/<slug:act>/", views.request_act, name="requests-act"
    ),
    path(
        "privacy/requests/<uuid:public_id>/told/<int:notice_id>/",
        views.request_notice,
        name="requests-told",
    ),
    path("privacy/files/<uuid:public_id>/", views.file_download, name="requests-file"),
    path("privacy-policy/", views.policy, name="requests-policy"),
    path("privacy-request/", views.public_form, name="requests-public"),
    path("privacy-request/sent/", views.public_sent, name="requests-public-sent"),
    path(
        "privacy-request/confirm/<str:token>/", views.public_confirm, name="requests-public-confirm"
    ),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("privacy-requests/", RequestsView.as_view(), name="privacy-requests"),
    path("privacy-requests/<uuid:public_id>/", RequestView.as_view(), name="privacy-request"),
]
