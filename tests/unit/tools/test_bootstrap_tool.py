import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "bootstrap.py"


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_uv_is_taken_from_the_lock_file_with_all_its_hashes(tool: ModuleType) -> None:
    version, lines = tool.pinned_uv()
    first, *hashes = lines.splitlines()
    assert first == f"uv=={version} \\"
    assert len(hashes) > 5
    assert all(line.startswith("    --hash=sha256:") for line in hashes)


def test_old_python_without_a_newer_one_gets_a_clear_message(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(tool.SetupError, match=r"Python 3\.11 or newer is needed"):
        tool.check_python()


def test_no_pip_no_ensurepip_no_uv_gets_a_clear_message(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tool, "UV", tmp_path / "uv")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(tool.SetupError, match="apt-get install python3-venv"):
        tool.get_uv({})


def test_machine_without_node_uses_the_one_in_the_wheel(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    command, folder = tool.npm_command()
    assert command[0] == folder / "node"
    assert command[0].is_file()
    assert command[1].name == "npm-cli.js"
    assert command[1].is_file()


def test_home_that_cannot_be_written_is_replaced(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setenv("HOME", "/nonexistent")
    assert tool.environment()["HOME"] == str(tmp_path / "build" / "home")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tool.environment()["HOME"] == str(tmp_path)


def test_stamp_holds_only_for_the_same_sources(tool: ModuleType, tmp_path: Path) -> None:
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.write_text("one")
    stamp.write_text(tool.digest(source))
    assert tool.is_done(stamp, tool.digest(source))
    source.write_text("two")
    assert not tool.is_done(stamp, tool.digest(source))
    assert tool.digest("a", "bc") != tool.digest("ab", "c")
