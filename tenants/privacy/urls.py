"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.privacy import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("consents/", views.text_list, name="privacy-texts"),
    path("consents/texts/new/", views.text_edit, name="privacy-text-new"),
    path("consents/texts/<uuid:public_id>/", views.text_edit, name="privacy-text"),
    path("consents/texts/do/<slug:act>/", views.text_act, name="privacy-texts-act"),
    path(
        "consents/texts/<uuid:public_id>/do/<slug:act>/", views.text_act, name="privacy-text-act"
    ),
    path("consents/declarations/", views.declarations, name="privacy-declarations"),
    path("consents/declarations/new/", views.declaration_new, name="privacy-declaration-new"),
    path(
        "consents/declarations/<uuid:public_id>/revoke/", views.declaration_revoke,
        name="privacy-declaration-revoke",
    ),
    path("consents/forms/", views.form_list, name="privacy-forms"),
    path("consents/forms/new/", views.form_edit, name="privacy-form-new"),
    path("consents/forms/<uuid:public_id>/", views.form_edit, name="privacy-form"),
    # public: in letters and on the company's own site
    path("f/<uuid:public_id>/", views.consent_form, name="privacy-public-form"),
    path("consent/<uuid:public_id>/", views.text_page, name="privacy-public-text"),
    path("confirm/<uuid:public_id>/<str:token>/", views.confirm_page, name="privacy-confirm"),
]  # fmt: skip
api_patterns: list[URLPattern | URLResolver] = []
