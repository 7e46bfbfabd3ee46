"""Imports by API and by command: the same doors behind other handles."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from analytics.events.models import Order
from analytics.sources.models import ImportJob
from analytics.sources.services import check_import, run_import
from tenants.accounts.contracts import Scope
from tenants.tenancy.models import Tenant
from tests.factories.accounts import host_of
from tests.factories.api import ApiClient

GOOD = b"order,date,qty,price,CustomerID\n1,2026-03-01,1,5,u1\n2,2026-03-01,x,5,u1\n"


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def _send(tenant: Tenant, key: ApiClient, content: bytes, **fields: Any) -> Any:
    return Client(HTTP_HOST=host_of(tenant)).post(
        "/api/v1/imports/", {"file": SimpleUploadedFile("o.csv", content), **fields},
        headers={"Authorization": key.authorization, "Accept-Language": "en"},
    )  # fmt: skip


def test_a_file_is_sent_followed_and_its_rejects_fetched(
    acme: Tenant, beta: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    key = ApiClient(acme)
    with django_capture_on_commit_callbacks(execute=True):
        answer = _send(acme, key, GOOD, zone="UTC", source="crm")
    assert answer.status_code == 202, answer.content
    job = ImportJob.objects.get()
    assert answer.json()["id"] == str(job.public_id)
    assert job.status == "done"  # checked, and loaded at once
    status = key.get(f"imports/{job.public_id}/").json()
    assert (status["status"], status["rows_loaded"], status["rows_rejected"]) == ("done", 1, 1)
    assert "samples" not in status["report"]
    assert Order.objects.get().source == "crm"
    rejects = key.get(f"imports/{job.public_id}/rejects/")
    text = b"".join(rejects.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1] == "3;The quantity is no whole number;2;2026-03-01;x;5;u1"
    assert [item["id"] for item in key.get("imports/").json()["results"]] == [str(job.public_id)]
    stranger = ApiClient(beta)
    assert stranger.get(f"imports/{job.public_id}/").status_code == 404


def test_start_false_waits_for_the_word(acme: Tenant) -> None:
    key = ApiClient(acme)
    assert _send(acme, key, GOOD, start="false").status_code == 202
    job = ImportJob.objects.get()
    too_early = key.post(f"imports/{job.public_id}/start/", {})
    assert (too_early.status_code, too_early.json()["code"]) == (409, "conflict")
    check_import(job_id=job.pk)
    assert ImportJob.objects.get().status == "checked"
    assert key.post(f"imports/{job.public_id}/start/", {}).status_code == 202
    assert ImportJob.objects.get().status == "running"
    cancelled = key.post(f"imports/{job.public_id}/cancel/", {})
    assert cancelled.status_code == 202
    run_import(job_id=job.pk)
    assert ImportJob.objects.get().status == "cancelled"
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"", {}, "empty_file"),
        (b"a,b\n1,2\n", {}, "missing_columns"),
        (GOOD, {"zone": "Mars/Olympus"}, "invalid_input"),
        (GOOD, {"mapping": '{"order": "absent"}'}, "invalid_input"),
        (GOOD, {"mapping": "[]"}, "invalid_input"),
        (GOOD, {"kind": "pigeons"}, "invalid_input"),
    ],
)
def test_refusals_are_problems(
    acme: Tenant, content: bytes, fields: dict[str, Any], code: str
) -> None:
    answer = _send(acme, ApiClient(acme), content, **fields)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == code


def test_a_key_needs_its_scope(acme: Tenant) -> None:
    reader = ApiClient(acme, [Scope.IMPORTS_READ])
    assert _send(acme, reader, GOOD).status_code == 403
    assert reader.get("imports/").status_code == 200


def test_the_command_loads_a_file(acme: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(GOOD)
    out = StringIO()
    call_command("import_orders", "acme", str(file), "--zone", "UTC", stdout=out)
    assert "added: 1\n" in out.getvalue()
    assert Order.objects.get().ts.isoformat() == "2026-03-01T00:00:00+00:00"
    out = StringIO()
    call_command("import_orders", "acme", str(file), "--check", stdout=out)
    assert "known_orders: 1\n" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "x.csv"], "There is no company with the schema 'nobody'."),
        (["acme", "absent.csv"], "There is no file absent.csv."),
    ],
)
def test_the_command_says_what_is_wrong(acme: Tenant, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("import_orders", *arguments)
