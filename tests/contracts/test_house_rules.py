"""What the import linter cannot see."""

import ast
import configparser
import re
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["cvm_platform", "tenants", "analytics", "campaigns"]
SOURCES = [
    file
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in file.parts
]
MAX_LINES = 300
MAX_FUNCTION_LINES = 40


def _id(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Length without the docstring: explaining a formula must not cost."""
    assert node.end_lineno is not None
    lines = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


@pytest.mark.parametrize("file", SOURCES, ids=_id)
def test_modules_and_functions_stay_small(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    long = [
        f"{node.name}: {_code_lines(node)}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _code_lines(node) > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_every_folder_with_code_is_a_package() -> None:
    missing = {
        str(file.parent.relative_to(ROOT))
        for file in SOURCES
        if not (file.parent / "__init__.py").exists()
    }
    assert missing == set()


def _rank() -> dict[str, int]:
    """App name → height in the import linter's layers, the lowest first."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:domain"]["layers"].strip().splitlines()
    return {
        name.strip().strip("()"): height
        for height, layer in enumerate(reversed(layers))
        for name in layer.split("|")
    }


def test_foreign_keys_point_down() -> None:
    rank = _rank()
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_config.name in rank
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        and field.related_model._meta.app_config.name in rank
        and rank[field.related_model._meta.app_config.name] > rank[model._meta.app_config.name]
    ]  # fmt: skip
    assert upward == []


def test_models_are_not_looked_up_by_string_across_layers() -> None:
    found = [_id(file) for file in SOURCES if "get_model(" in file.read_text()]
    assert found == []


def test_nobody_uses_the_thread_unsafe_tenant_context() -> None:
    pattern = re.compile(r"^\s*with (self\.)?tenant\s*:", re.MULTILINE)
    assert [_id(file) for file in SOURCES if pattern.search(file.read_text())] == []


def test_every_task_that_is_enqueued_exists() -> None:
    from cvm_platform.celery import app

    app.loader.import_default_modules()
    names = {
        name
        for file in SOURCES
        for name in re.findall(r"""\benqueue\(\s*["']([\w.]+)["']""", file.read_text())
    }
    assert names
    assert names - set(app.tasks) == set()


def test_no_registry_host_and_no_path_of_a_machine_in_the_repository() -> None:
    hosts = re.compile("files\\." + "pythonhosted|registry\\." + "npmjs|py" + "pi\\.org/simple")
    files = [
        file
        for pattern in ("*.txt", "*.in", "*.json", "*.toml", "Makefile", "tools/*", ".ci/*")
        for file in ROOT.glob(pattern)
        if file.is_file()
    ]
    assert [_id(file) for file in files if hosts.search(file.read_text())] == []
