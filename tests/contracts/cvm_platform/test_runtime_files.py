"""Files that run the platform are compiled by nothing: compare them with the code."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = [ROOT / "cvm_platform" / "settings" / name for name in ("base.py", "prod.py")]
READ = re.compile(r"env\.(?:text|flag|number|words|path|secret|key)\(\s*\"([A-Z_]+)\"")
NAMED = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=", re.MULTILINE)
NOT_OURS = {"POSTGRES_PASSWORD"}  # compose.yaml builds DATABASE_URL of it


def test_example_names_every_setting_and_no_other() -> None:
    read = {name for file in SETTINGS for name in READ.findall(file.read_text(encoding="utf-8"))}
    named = set(NAMED.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    assert read >= {"SECRET_KEY", "CVM_MASTER_KEY", "DATABASE_URL", "BROKER_URL"}
    assert named - NOT_OURS == read


def test_lock_files_pin_by_hash_and_name_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if not line.startswith(" ")]
        assert pins
        assert all("==" in line and line.endswith("\\") for line in pins)
        assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
        assert not [line for line in lines if "//" in line]
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 10


def test_development_pins_hold_every_production_pin() -> None:
    production, development = (
        {line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert production <= development


def test_image_runs_the_oldest_python_that_is_promised_and_not_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert set(re.findall(r"^FROM python:([\d.]+)-", text, re.MULTILINE)) == {oldest}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001"]


def test_ci_runs_what_everybody_runs() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def imported(file: Path) -> set[str]:
    """Top-level names of absolute imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_production_code_imports_production_packages_only() -> None:
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    installed = {line.partition("==")[0] for line in pins if "==" in line}
    owners = {
        module: {re.sub(r"[-_.]+", "-", owner).lower() for owner in found}
        for module, found in packages_distributions().items()
    }
    wrong = [
        f"{file.relative_to(ROOT)}: {module}"
        for area in ("cvm_platform", "tenants", "analytics", "campaigns")
        for file in sorted((ROOT / area).rglob("*.py"))
        if not file.is_relative_to(ROOT / "cvm_platform" / "local")  # never in production
        for module in sorted(imported(file))
        if module in owners and not owners[module] & installed
    ]
    assert wrong == []


def test_no_pattern_needs_a_newer_python_than_promised() -> None:
    """Possessive quantifiers compile from 3.11.0 on, but match wrongly before 3.11.5."""
    possessive = re.compile(r"[)\]][*+?]\+")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for area in ("cvm_platform", "tenants", "analytics", "campaigns")
        for file in sorted((ROOT / area).rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if possessive.search(line)
    ]
    assert found == []
