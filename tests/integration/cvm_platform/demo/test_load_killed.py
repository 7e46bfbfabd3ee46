"""A load that was killed outright leaves nothing that the next one cannot clear away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django_tenants.utils import schema_context

from cvm_platform.local.ports import answers
from cvm_platform.local.valkey import free_port

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[4]


def test_killed_while_letters_wait_and_begun_again(own_database: str, tmp_path: Path) -> None:
    from campaigns.delivery.models import Message
    from campaigns.results.models import BroadcastResult
    from cvm_platform.demo.state import State, state_of

    port = free_port()
    command = [sys.executable, "manage.py", "load_demo", "--only", "coffee", "--customers", "600"]
    environment = os.environ | {
        "DATABASE_URL": own_database,
        "DJANGO_SETTINGS_MODULE": "cvm_platform.settings.test",
        "CVM_VAR_DIR": str(tmp_path / "var"),
        "CVM_MAIL_CATCHER_DIR": str(tmp_path / "mail"),
        "CVM_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"segments and control group then" in line:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert state_of("coffee") is State.LOADING
    assert not answers(port)

    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "coffee: an unfinished load is removed" in done.stdout
    assert state_of("coffee") is State.READY
    with schema_context("coffee"):
        assert BroadcastResult.objects.count() == 1
        assert not Message.objects.filter(state__in=["sending", "failed", "ambiguous"]).exists()
