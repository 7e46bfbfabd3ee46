"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from campaigns.channels import api, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("templates/", views.template_list, name="channels-templates"),
    path("templates/new/", views.template_new, name="channels-template-new"),
    path("templates/draft/<str:key>/", views.draft_preview, name="channels-draft-preview"),
    path("templates/<uuid:public_id>/", views.template_edit, name="channels-template-edit"),
    path(
        "templates/<uuid:public_id>/preview/",
        views.template_preview,
        name="channels-template-preview",
    ),
    path(
        "templates/<uuid:public_id>/archive/",
        views.template_archive,
        name="channels-template-archive",
    ),
    path("senders/", views.sender_list, name="channels-senders"),
    path("senders/new/", views.sender_new, name="channels-sender-new"),
    path("senders/<int:pk>/", views.sender_edit, name="channels-sender-edit"),
    path("senders/tests/", views.seed_add, name="channels-seed-add"),
    path("senders/tests/<int:pk>/remove/", views.seed_remove, name="channels-seed-remove"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("templates/", api.TemplateListView.as_view(), name="templates-list"),
]
