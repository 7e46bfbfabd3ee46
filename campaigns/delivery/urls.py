"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from campaigns.delivery import api, views, why_page

urlpatterns: list[URLPattern | URLResolver] = [
    # in messages, for years: short, and never changed
    path("o/<str:token>.gif", views.open_pixel, name="delivery-open"),
    path("c/<str:token>/<int:number>", views.click, name="delivery-click"),
    path("u/<str:token>", views.unsubscribe, name="delivery-unsubscribe"),
    path("customers/<uuid:public_id>/why/", why_page.customer_why, name="delivery-why"),
    path("mailbox/", views.mailbox_list, name="delivery-mailbox"),
    path("mailbox/<int:message_id>/", views.mailbox_message, name="delivery-mailbox-message"),
    path("mailbox/<int:message_id>/body/", views.mailbox_body, name="delivery-mailbox-body"),
]
api_patterns: list[URLPattern | URLResolver] = [
    path("customers/<uuid:public_id>/why/", api.WhyView.as_view(), name="customer-why"),
]
