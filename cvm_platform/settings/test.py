"""Tests: embedded servers fill the two addresses, work runs eagerly, hashing is cheap."""

import base64

from cvm_platform.settings import env
from cvm_platform.settings.base import *  # noqa: F403 an environment extends the base

SECRET_KEY = "tests-only-" + "x" * 40
MASTER_KEY = base64.b64encode(b"tests-only-master-key-32-bytes!!").decode()
BASE_DOMAIN = "cvm.localhost"
# databases of tests share the companies' ids: a test of the ledger names its own folder
ERASURE_LEDGER_DIR = ""
DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql:///cvm_base"))}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    },
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# nobody listens there: a test that sends names its own sink
SMTP_URL = "smtp://127.0.0.1:9"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
AXES_ENABLED = False
WHITENOISE_AUTOREFRESH = True
