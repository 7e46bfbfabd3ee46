"""Calls to other hosts go through `cvm_platform.common.outgoing` alone."""

import ast
from pathlib import Path

import pytest

from tests.contracts.test_house_rules import SOURCES

ROOT = Path(__file__).resolve().parents[2]
CALLERS = {"httpx", "httpcore", "requests", "urllib3", "aiohttp", "http.client", "urllib.request",
           "ftplib", "telnetlib", "xmlrpc.client", "smtplib", "socket"}  # fmt: skip
# socket: mail goes to the one server that the settings name; the rest ask the machine's own name
# or ports and never leave it
ALLOWED = {
    "cvm_platform/common/outgoing.py": {"httpx", "httpcore", "socket"},
    "campaigns/channels/email/connection.py": {"socket"},
    "campaigns/delivery/claims.py": {"socket"},
    "cvm_platform/local/ports.py": {"socket", "http.client"},
    "cvm_platform/local/valkey.py": {"socket"},
}


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {
        caller
        for caller in CALLERS
        if any(name == caller or name.startswith(f"{caller}.") for name in names)
    }


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_only_one_module_calls_out(file: Path) -> None:
    assert _imported(file) <= ALLOWED.get(str(file.relative_to(ROOT)), set())
