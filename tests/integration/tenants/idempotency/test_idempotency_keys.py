"""A write that is repeated happens once, and the caller gets the same answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.idempotency import services
from tenants.idempotency.middleware import IdempotencyMiddleware
from tenants.idempotency.models import StoredAnswer
from tenants.tenancy.models import Tenant

CALLS: list[bytes] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    CALLS.clear()


def answering(status: int = 201) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        CALLS.append(request.body)
        return JsonResponse({"call": len(CALLS)}, status=status)

    return view


def send(
    tenant: Tenant, view: Any, *, body: str = '{"a":1}', key: str = "k1", caller: str = "Bearer x"
) -> HttpResponse:
    request = RequestFactory().post(
        "/api/v1/orders/", body, content_type="application/json",
        headers={"Idempotency-Key": key, "Authorization": caller},
    )  # fmt: skip
    request.tenant = tenant
    return IdempotencyMiddleware(view)(request)


def test_a_retry_gets_the_stored_answer_and_nothing_happens_twice(acme: Tenant) -> None:
    view = answering()
    first, second = send(acme, view), send(acme, view)
    assert (first.status_code, first.content) == (201, b'{"call": 1}')
    assert (second.status_code, second.content) == (201, b'{"call": 1}')
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(CALLS) == 1


def test_the_same_key_for_another_request_is_refused(acme: Tenant) -> None:
    view = answering()
    send(acme, view)
    second = send(acme, view, body='{"a":2}')
    assert second.status_code == 422
    assert b"idempotency_key_reused" in second.content
    assert len(CALLS) == 1


def test_two_callers_and_two_tenants_do_not_share_keys(acme: Tenant, beta: Tenant) -> None:
    view = answering()
    send(acme, view)
    send(acme, view, caller="Bearer y")
    with tenant_context(beta):
        send(beta, view)
    assert len(CALLS) == 3


@pytest.mark.parametrize("status", [500, 503, 401, 403, 409, 429])
def test_a_failure_that_may_pass_is_not_stored(acme: Tenant, status: int) -> None:
    send(acme, answering(status))
    assert send(acme, answering(201)).status_code == 201
    assert len(CALLS) == 2


def test_a_refusal_of_the_input_is_an_answer(acme: Tenant) -> None:
    send(acme, answering(422))
    assert send(acme, answering(201)).status_code == 422
    assert len(CALLS) == 1


def test_an_exception_gives_the_key_back(acme: Tenant) -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        send(acme, broken)
    assert StoredAnswer.objects.count() == 0
    assert send(acme, answering()).status_code == 201


def test_a_request_at_work_is_said_so_and_a_dead_one_gives_way(acme: Tenant) -> None:
    view = answering()
    send(acme, view)
    StoredAnswer.objects.update(status=None)
    busy = send(acme, view)
    assert (busy.status_code, busy.headers["Retry-After"]) == (409, "2")
    StoredAnswer.objects.update(started_at=clock.now() - services.CLAIM_TERM - timedelta(seconds=1))
    assert send(acme, view).status_code == 201
    assert len(CALLS) == 2


def test_a_key_that_is_too_long_is_refused(acme: Tenant) -> None:
    assert send(acme, answering(), key="k" * 201).status_code == 422
    assert CALLS == []


def test_old_answers_are_forgotten(acme: Tenant) -> None:
    send(acme, answering())
    assert services.forget_old_answers(now=clock.now()) == 0
    assert services.forget_old_answers(now=clock.now() + services.KEEP + timedelta(hours=1)) == 1
