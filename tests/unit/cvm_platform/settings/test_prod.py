"""Production under its own settings, in processes of its own."""

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from cvm_platform.settings import env

ROOT = Path(__file__).resolve().parents[4]
GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "CVM_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    "CVM_BASE_DOMAIN": "cvm.example.org",
}


def run(*command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=kept | GOOD | {"DJANGO_SETTINGS_MODULE": "cvm_platform.settings.prod"} | changed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_deploy_check_finds_nothing() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    "value",
    ["", "short", "x" * 64, "django-insecure-" + secrets.token_urlsafe(50),
     "change-me-" + secrets.token_urlsafe(50)],
    ids=["none", "short", "one letter", "django's own", "change me"],
)  # fmt: skip
def test_weak_secret_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SECRET_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be at least 50") as refusal:
        env.secret("SECRET_KEY")
    assert not value or value not in str(refusal.value)


@pytest.mark.parametrize(
    "value",
    ["", "build", base64.b64encode(b"\0" * 32).decode(), secrets.token_urlsafe(50),
     base64.b64encode(secrets.token_bytes(16)).decode(),
     base64.b64encode(b"tests-only-master-key-32-bytes!!").decode()],
    ids=["none", "word", "zeros", "no base64", "too short", "of the tests"],
)  # fmt: skip
def test_weak_master_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CVM_MASTER_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="CVM_MASTER_KEY must be 32 random") as refusal:
        env.key("CVM_MASTER_KEY")
    assert not value or value not in str(refusal.value)


def test_random_ones_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for _time in range(200):
        monkeypatch.setenv("SECRET_KEY", secrets.token_urlsafe(50))
        monkeypatch.setenv("CVM_MASTER_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
        assert env.secret("SECRET_KEY")
        assert env.key("CVM_MASTER_KEY")


@pytest.mark.parametrize("name", ["SECRET_KEY", "CVM_MASTER_KEY"])
def test_production_does_not_start_with_a_weak_key(name: str) -> None:
    done = run("-c", "import cvm_platform.settings.prod", **{name: "short"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name} must be"
    )
