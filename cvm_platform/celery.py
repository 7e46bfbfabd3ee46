"""The Celery application: tasks of every app, and the platform's clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm_platform.settings.dev")

app = Celery("cvm_platform", task_cls="cvm_platform.common.jobs:TenantTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
