"""Addresses of this app: screens in `urlpatterns`, API in `api_patterns` (under /api/v1/)."""

from django.urls import URLPattern, URLResolver, path

from tenants.approvals import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tasks/", views.task_list, name="approvals-tasks"),
    path("tasks/<uuid:public_id>/done/", views.task_done, name="approvals-task-done"),
    path("approvals/<uuid:public_id>/", views.approval_detail, name="approvals-detail"),
    path("approvals/<uuid:public_id>/decide/", views.approval_decide, name="approvals-decide"),
    path("approvals/<uuid:public_id>/comment/", views.approval_comment, name="approvals-comment"),
    path("approvals/<uuid:public_id>/leave/", views.approval_delegate, name="approvals-delegate"),
    path("approvals/<uuid:public_id>/back/", views.approval_withdraw, name="approvals-withdraw"),
]
api_patterns: list[URLPattern | URLResolver] = []
