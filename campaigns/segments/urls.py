"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from campaigns.segments import api, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("segments/", views.segment_list, name="segments-list"),
    path("segments/new/", views.segment_new, name="segments-new"),
    path("segments/<uuid:public_id>/", views.segment_detail, name="segments-detail"),
    path("segments/<uuid:public_id>/edit/", views.segment_edit, name="segments-edit"),
    path("segments/<uuid:public_id>/refresh/", views.segment_refresh, name="segments-refresh"),
    path("segments/<uuid:public_id>/archive/", views.segment_archive, name="segments-archive"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("segments/", api.SegmentListView.as_view(), name="segments-list"),
    path("segments/schema/", api.SegmentSchemaView.as_view(), name="segments-schema"),
    path("segments/count/", api.SegmentCountView.as_view(), name="segments-count"),
    path("segments/<uuid:public_id>/", api.SegmentDetailView.as_view(), name="segments-detail"),
    path(
        "segments/<uuid:public_id>/refresh/",
        api.SegmentRefreshView.as_view(),
        name="segments-refresh",
    ),
    path(
        "segments/<uuid:public_id>/members/",
        api.SegmentMembersView.as_view(),
        name="segments-members",
    ),
]
