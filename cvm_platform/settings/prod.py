"""Production: every secret and address comes from the environment."""

from cvm_platform.settings import env
from cvm_platform.settings.base import *  # noqa: F403 an environment extends the base

SECRET_KEY = env.secret("SECRET_KEY")
MASTER_KEY = env.key("CVM_MASTER_KEY")
DATABASE_URL = env.text("DATABASE_URL")
PUBLIC_SCHEME = env.text("CVM_PUBLIC_SCHEME", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.flag("CVM_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# every company works below this domain, so whatever is below it speaks https
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
LANGUAGE_COOKIE_SECURE = True
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # the browsers' list takes whole registered domains: their owner's choice
]
