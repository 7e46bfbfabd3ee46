import ast
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "bootstrap.py"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_tool", TOOL.with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tool() -> ModuleType:
    return load("bootstrap")


def test_uv_is_taken_from_the_lock_file_with_all_its_hashes(tool: ModuleType) -> None:
    version, lines = tool.pinned_uv()
    first, *hashes = lines.splitlines()
    assert first == f"uv=={version} \\"
    assert len(hashes) > 5
    assert all(line.startswith("    --hash=sha256:") for line in hashes)


def test_old_python_without_a_newer_one_gets_a_clear_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = load("start")
    monkeypatch.setattr(sys, "version_info", (3, 6, 8))
    monkeypatch.setattr(sys, "version", "3.6.8 (default)")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, this is 3\.6\.8\."):
        start.main()


def test_old_python_hands_over_to_the_newest_one_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = load("start")
    called: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    monkeypatch.setattr(sys, "argv", ["start.py", "--npm", "install"])
    monkeypatch.setattr(shutil, "which", lambda name: f"/there/{name}")
    monkeypatch.setattr(start, "works", lambda python: python != "/there/python3.14")
    monkeypatch.setattr(os, "execv", lambda _program, arguments: called.append(arguments))
    start.main()
    assert called == [["/there/python3.13", str(TOOL), "--npm", "install"]]


def test_start_is_readable_for_the_python_of_old_systems() -> None:
    ast.parse(TOOL.with_name("start.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("free_mb", "said"),
    [
        (40, r"code 1: false\nThe disk is full: 40 MB are free at .*, the set-up takes 1400 MB\.$"),
        (4000, r"code 1: false\nNo packages came; .* needs a network"),
    ],
)
def test_failed_fetch_says_what_is_likely_missing(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, free_mb: int, said: str
) -> None:
    free = shutil._ntuple_diskusage(10**12, 0, free_mb * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    with pytest.raises(tool.SetupError, match=said):
        tool.run("false", hint=tool.NO_PACKAGES)


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
