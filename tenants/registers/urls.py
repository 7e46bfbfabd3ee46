"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.registers import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("registers/", views.missing, name="registers-missing"),
    path("registers/open/", views.open_company, name="registers-open"),
    path("registers/notified/", views.notified, name="registers-notified"),
    path("registers/operator/", views.operator, name="registers-operator"),
    path("registers/agreements/", views.agreements, name="registers-agreements"),
    path("registers/agreements/new/", views.agreement, name="registers-agreement-new"),
    path("registers/agreements/<uuid:public_id>/", views.agreement, name="registers-agreement"),
    path(
        "registers/agreements/<uuid:public_id>/end/", views.agreement_end,
        name="registers-agreement-end",
    ),
    path("registers/incidents/", views.incidents, name="registers-incidents"),
    path("registers/incidents/new/", views.incident_report, name="registers-incident-report"),
    path("registers/incidents/<uuid:public_id>/", views.incident, name="registers-incident"),
    path(
        "registers/incidents/<uuid:public_id>/<slug:kind>.pdf", views.incident_notice,
        name="registers-incident-notice",
    ),
]  # fmt: skip
api_patterns: list[URLPattern | URLResolver] = []
