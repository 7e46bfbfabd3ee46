"""Settings common to every environment. Values that differ come from the environment."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from cvm_platform.settings import env
from cvm_platform.settings.openapi import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from cvm_platform.settings.schedule import SCHEDULE

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = env.path("CVM_VAR_DIR", BASE_DIR / "var")

SECRET_KEY = env.text("SECRET_KEY", "")
# 32 bytes in base64 that wrap the key of every tenant; losing it loses all personal data.
MASTER_KEY = env.text("CVM_MASTER_KEY", "")
# Former keys, while `manage.py rotate_keys` has not run: they open, they never wrap.
MASTER_KEY_OLD = env.words("CVM_MASTER_KEY_OLD")
SECRET_KEY_FALLBACKS = env.words("CVM_SECRET_KEY_OLD")
# how acts of destruction call this information system
ISPDN_NAME = env.text("CVM_ISPDN_NAME", "CVM")
# Who was erased, once more outside the database: on a volume that is not restored with it.
ERASURE_LEDGER_DIR = env.text("CVM_ERASURE_LEDGER_DIR", str(VAR_DIR / "erasures"))
DEBUG = False

# ---- hosts -------------------------------------------------------------------------------
# The agency works at BASE_DOMAIN, each tenant at <name>.BASE_DOMAIN.
BASE_DOMAIN = env.text("CVM_BASE_DOMAIN", "cvm.localhost")
PUBLIC_PORT = env.text("CVM_PUBLIC_PORT", "")
PUBLIC_SCHEME = env.text("CVM_PUBLIC_SCHEME", "http")
# Proxies of ours that each append to X-Forwarded-For; 0: nobody is believed.
TRUSTED_PROXIES = env.number("CVM_TRUSTED_PROXIES", 0)
# Whom a finder of a hole writes to (/.well-known/security.txt), an address of mailto: or https:
SECURITY_CONTACT = env.text("CVM_SECURITY_CONTACT", "") or f"mailto:security@{BASE_DOMAIN}"
ALLOWED_HOSTS = [BASE_DOMAIN, f".{BASE_DOMAIN}"]
SESSION_COOKIE_DOMAIN = f".{BASE_DOMAIN}"
CSRF_COOKIE_DOMAIN = f".{BASE_DOMAIN}"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_DOMAIN = f".{BASE_DOMAIN}"
LANGUAGE_COOKIE_SAMESITE = "Lax"

# ---- applications ------------------------------------------------------------------------
SHARED_APPS = [
    "cvm_platform",  # before django_tenants: create_tenant is ours
    "django_tenants",
    "tenants",
    "tenants.tenancy",
    "tenants.accounts",
    "tenants.workdays",
    "tenants.keyring",
    "campaigns.lanes",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "django_prometheus",
    "analytics",
    "campaigns",
]
TENANT_APPS = [
    "tenants.audit",
    "tenants.approvals",
    "tenants.idempotency",
    "tenants.customers",
    "tenants.registers",
    "tenants.channel_law",
    "tenants.privacy",
    "tenants.erasure",
    "tenants.requests",
    "analytics.events",
    "analytics.sources",
    "analytics.features",
    "analytics.profiles",
    "campaigns.segments",
    "campaigns.experiments",
    "campaigns.channels",
    "campaigns.delivery",
    "campaigns.broadcasts",
    "campaigns.results",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenancy.Tenant"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
TENANT_LIMIT_SET_CALLS = True
PUBLIC_SCHEMA_NAME = "public"
PUBLIC_SCHEMA_URLCONF = "cvm_platform.urls_public"
ROOT_URLCONF = "cvm_platform.urls"
WSGI_APPLICATION = "cvm_platform.wsgi.application"
DATABASE_ROUTERS = [
    "django_tenants.routers.TenantSyncRouter",
    "tenants.tenancy.routers.TenantGuardRouter",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "cvm_platform.common.middleware.ClientAddressMiddleware",
    "tenants.tenancy.middleware.TenantHostMiddleware",
    "tenants.erasure.middleware.RestoreGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cvm_platform.common.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.accounts.middleware.MembershipMiddleware",
    "tenants.accounts.middleware.SightMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cvm_platform.common.middleware.TenantZoneMiddleware",
    "tenants.audit.middleware.ProcessingLogMiddleware",
    "tenants.idempotency.middleware.IdempotencyMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "cvm_platform.shell.shell_context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "cvm_platform.common.templatetags.cvm",
                "cvm_platform.common.templatetags.seen",
                "cvm_platform.common.templatetags.fields",
            ],
            "libraries": {"cvm": "cvm_platform.common.templatetags.cvm"},
        },
    },
]

# ---- data --------------------------------------------------------------------------------
DATABASES = {
    "default": env.database(
        env.text("DATABASE_URL", "postgresql://cvm@localhost/cvm"),
        # max_lifetime: a backend grows with every tenant it touches and only closing gives it back
        pool={"min_size": 0, "max_size": env.number("CVM_DB_POOL", 10), "max_lifetime": 600},
    ),
}
BROKER_URL = env.text("BROKER_URL", "redis://localhost:6379/0")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = env.path("CVM_MEDIA_DIR", VAR_DIR / "media")
STATIC_ROOT = env.path("CVM_STATIC_DIR", VAR_DIR / "static")
STATIC_URL = "/static/"
# build/front: what tools/front.py takes from the pinned npm packages
STATICFILES_DIRS = [
    folder for folder in (BASE_DIR / "static", BASE_DIR / "build" / "front") if folder.is_dir()
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# ---- work in the background ----------------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # it logs a traceback word by word
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BEAT_SCHEDULE = SCHEDULE

# ---- e-mail ------------------------------------------------------------------------------
# Where campaign mail goes: smtp://user:password@host:port?tls=starttls
SMTP_URL = env.text("CVM_SMTP_URL", "smtp://127.0.0.1:8025")
# Folder of the built-in mail catcher; empty where there is none.
MAIL_CATCHER_DIR = env.text("CVM_MAIL_CATCHER_DIR", "")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
# the platform's own letters (a new password) go the same way
globals().update(env.mail(SMTP_URL))
EMAIL_TIMEOUT = 10
# Where the letters' mail server stands and whose it is: a line in every company's register of
# recipients; a country other than RU is a cross-border transfer (152-FZ, article 12).
MAIL_SERVER_COUNTRY = env.text("CVM_MAIL_COUNTRY", "RU").upper()
MAIL_SERVER_OWNER = env.text("CVM_MAIL_OWNER", "")
DEFAULT_FROM_EMAIL = env.text("CVM_FROM_EMAIL", "CVM <no-reply@cvm.example>")

# ---- accounts ------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "tenants.accounts.adapter.InviteOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "CVM"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "tenants.accounts.lockout.username_of"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "tenants/accounts/lockout.html"

# ---- language and time ---------------------------------------------------------------------
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ---- API -----------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.accounts.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.accounts.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "cvm_platform.common.pagination.CursorPagination",
    "EXCEPTION_HANDLER": "cvm_platform.common.problems.problem_handler",
    "DEFAULT_THROTTLE_CLASSES": ["tenants.accounts.authentication.ApiKeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"api_key": env.text("CVM_API_RATE", "6000/min")},
    "UNAUTHENTICATED_USER": None,
}

# ---- safety --------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("CVM_LOG_LEVEL", "INFO")},
    # they write down whole addresses, keys and people's ids in them
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
}
