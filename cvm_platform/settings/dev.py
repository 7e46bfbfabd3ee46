"""The demo and local work: everything embedded, keys made once and kept under var/."""

import base64
import os
import secrets

from cvm_platform.settings import env
from cvm_platform.settings.base import *  # noqa: F403 an environment extends the base
from cvm_platform.settings.base import BASE_DIR, STORAGES, VAR_DIR


def _kept(name: str) -> str:
    """A secret of this working copy: made at the first start, private to its owner."""
    file = VAR_DIR / name
    if not file.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text().strip()


# one sees the pages that users see; CVM_DEBUG=1 shows Django's own
DEBUG = env.flag("CVM_DEBUG", default=False)
SECRET_KEY = os.environ.get("SECRET_KEY") or _kept("secret_key")
MASTER_KEY = os.environ.get("CVM_MASTER_KEY") or _kept("master_key")
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
EMAIL_FILE_PATH = str(BASE_DIR / "var" / "outbox")
