"""Every write of the API may carry an Idempotency-Key; no endpoint has to think of it.

Same key, same request: the stored answer, marked `Idempotent-Replayed: true`. Same key, another
request: 422. The first request still at work: 409 with Retry-After. Keys live a week.
"""

import hashlib
import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from cvm_platform.common import clock
from tenants.idempotency import services
from tenants.idempotency.models import StoredAnswer
from tenants.tenancy.middleware import is_public

HEADER = "Idempotency-Key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_KEY = 200
SERVER_ERROR = 500
NOT_FINAL = frozenset({401, 403, 409, 429})


def _problem(status: int, code: str, title: str) -> HttpResponse:
    body = {"type": f"urn:cvm:problem:{code}", "title": title, "status": status, "code": code}
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")


def _request_hash(request: HttpRequest) -> bytes:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.body)
    return digest.digest()


class IdempotencyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER)
        caller = request.headers.get("Authorization")
        is_write = request.method in WRITES and request.path.startswith("/api/")
        if not key or not caller or not is_write or is_public(request):
            return self.get_response(request)
        if len(key) > MAX_KEY:
            return _problem(
                422, "idempotency_key_too_long", f"An {HEADER} has at most {MAX_KEY} characters."
            )
        return self._once(request, key, hashlib.sha256(caller.encode()).digest())

    def _once(self, request: HttpRequest, key: str, caller: bytes) -> HttpResponse:
        claim = services.claim_key(
            caller=caller, key=key, request_hash=_request_hash(request), now=clock.now()
        )
        if claim.answer_id is None:
            return self._repeat(claim.earlier, is_same=claim.is_same_request)
        try:
            response = self.get_response(request)
        except BaseException:
            services.release_key(answer_id=claim.answer_id)
            raise
        if (
            response.status_code >= SERVER_ERROR
            or response.status_code in NOT_FINAL
            or response.streaming
        ):
            services.release_key(answer_id=claim.answer_id)
        else:
            services.store_answer(
                answer_id=claim.answer_id, status=response.status_code,
                content_type=response.headers.get("Content-Type", ""), body=response.content,
            )  # fmt: skip
        return response

    def _repeat(self, earlier: StoredAnswer | None, *, is_same: bool) -> HttpResponse:
        if not is_same:
            return _problem(
                422, "idempotency_key_reused", f"This {HEADER} was used for another request."
            )
        if earlier is None or earlier.status is None:
            response = _problem(
                409, "request_in_progress", "The first request with this key is still at work."
            )
            response.headers["Retry-After"] = "2"
            return response
        response = HttpResponse(
            bytes(earlier.body or b""), status=earlier.status, content_type=earlier.content_type
        )
        response.headers["Idempotent-Replayed"] = "true"
        return response
