"""The public form at the company's own host: no login, no hint whether anybody is known."""

from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from cvm_platform.common.errors import DomainError
from tenants.accounts.access import open_to_all
from tenants.audit.services import Actor
from tenants.registers.selectors import operator
from tenants.requests import selectors, services
from tenants.requests.contracts import RULES
from tenants.requests.forms import PublicForm, put_error
from tenants.requests.limits import may_post
from tenants.requests.services.confirming import by_token
from tenants.tenancy.selectors import current_tenant

_SALT = "requests-receipt"
_DAY = 86_400


@open_to_all
@require_http_methods(["GET", "POST"])
def public_form(request: HttpRequest) -> HttpResponse:
    form = PublicForm(request.POST or None)
    status, is_refused = 200, False
    if request.method == "POST":
        is_refused = not may_post(request)
        if not is_refused and form.is_valid():
            try:
                made = services.receive_public(
                    kind=form.cleaned_data["kind"], applicant=form.applicant(),
                    actor=Actor.of(request), language=(get_language() or "ru")[:2],
                )  # fmt: skip
            except DomainError as error:
                put_error(form, error)
            else:
                receipt = signing.dumps(str(made.public_id), salt=_SALT)
                return redirect(f"{reverse('tenants:requests-public-sent')}?r={receipt}")
        status = 429 if is_refused else 422
    context = {"form": form, "is_refused": is_refused, "operator": operator()}
    return _public(request, "tenants/requests/public.html", context, status)


@open_to_all
@require_GET
def public_sent(request: HttpRequest) -> HttpResponse:
    """The receipt: number and the day by which an answer comes; for a day after it was sent."""
    try:
        public_id = signing.loads(request.GET.get("r", ""), salt=_SALT, max_age=_DAY)
    except signing.BadSignature as error:
        raise Http404 from error
    made = selectors.request_by_public_id(public_id)
    if made is None:
        raise Http404
    context = {"made": made, "rule": RULES[made.type]}
    return _public(request, "tenants/requests/public_sent.html", context)


@open_to_all
@require_http_methods(["GET", "POST"])
def public_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing, for mail scanners follow links; the button acts."""
    asked = by_token(token)
    if asked is None:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        asked = services.confirm(token=token, actor=Actor.of(request))
    context = {"made": asked, "is_done": is_done, "is_promo": asked.type == "STOP_PROMO_15_2"}
    return _public(request, "tenants/requests/public_confirm.html", context)


@open_to_all
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """Who answers for personal data and where to ask; the company's own policy is linked."""
    return _public(request, "tenants/requests/policy.html", {"operator": operator()})


def _public(
    request: HttpRequest, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    said = operator()
    context |= {"company": (said.brands or [current_tenant().name])[0], "tenant": current_tenant()}
    response = render(request, page, context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
