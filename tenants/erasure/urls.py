"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.erasure import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("erasure/", views.job_list, name="erasure-jobs"),
    path("erasure/begin/", views.job_begin, name="erasure-begin"),
    path("erasure/acts/", views.act_list, name="erasure-acts"),
    path("erasure/acts/<uuid:public_id>/", views.act_detail, name="erasure-act"),
    path("erasure/acts/<uuid:public_id>/sign/", views.act_sign, name="erasure-act-sign"),
    path("erasure/acts/<uuid:public_id>/act.pdf", views.act_file, name="erasure-act-file"),
    path("erasure/acts/<uuid:public_id>/log.pdf", views.log_file, name="erasure-log-file"),
    path("erasure/holds/", views.hold_list, name="erasure-holds"),
    path("erasure/holds/place/", views.hold_place, name="erasure-hold-place"),
    path("erasure/holds/<uuid:public_id>/lift/", views.hold_lift, name="erasure-hold-lift"),
    path("erasure/terms/", views.retention, name="erasure-retention"),
    path("erasure/terms/look/", views.retention_look, name="erasure-look"),
    path("erasure/terms/<slug:code>/change/", views.policy_change, name="erasure-policy"),
    path("erasure/terms/<uuid:public_id>/", views.run_detail, name="erasure-run"),
    path("erasure/<uuid:public_id>/", views.job_detail, name="erasure-job"),
]
api_patterns: list[URLPattern | URLResolver] = []
