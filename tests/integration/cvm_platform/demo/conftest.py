from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cvm_platform.local.catcher import Catcher


@pytest.fixture
def catcher(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catcher]:
    """A mail catcher at the address that the sending path knows, and no worker that is woken."""
    monkeypatch.setattr("campaigns.delivery.services.wake_workers", lambda: None)
    with Catcher(tmp_path / "mail") as running:
        settings.SMTP_URL = running.url
        settings.MAIL_CATCHER_DIR = str(tmp_path / "mail")
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def options(tmp_path: Path) -> Any:
    """A small coffee chain; today is the real day, as imports refuse the future."""
    from cvm_platform.demo.load import Options

    return Options(
        today=datetime.now(UTC).date(),
        folder=tmp_path / "var",
        customers=800,
        only=frozenset({"coffee", "manufaktura"}),
    )
