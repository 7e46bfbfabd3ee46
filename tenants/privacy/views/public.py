"""What people see: the form, the document behind a box, the page that confirms an address."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from cvm_platform.common.errors import DomainError, NotFound
from tenants.accounts.access import open_to_all
from tenants.privacy import services
from tenants.privacy.forms import PublicConsentForm, put_error
from tenants.privacy.limits import may_post
from tenants.privacy.models import ConsentForm, ConsentText
from tenants.registers import selectors as registers


def _public(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    operator = registers.operator()
    shared = {"operator": operator, "company": (operator.brands or [operator.legal_name])[0]}
    response = render(request, template, shared | context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@open_to_all
@require_http_methods(["GET", "POST"])
def consent_form(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Says the same to everybody: nobody learns who is known here."""
    chosen = ConsentForm.objects.filter(
        public_id=public_id, status=ConsentForm.Status.PUBLISHED
    ).first()
    if chosen is None:
        raise Http404
    texts = services.texts_of(chosen)
    form = PublicConsentForm(request.POST or None, names=chosen.fields, texts=texts)
    context = {"chosen": chosen, "form": form, "texts": [text for text, _required in texts]}
    status = 200
    if request.method == "POST":
        status = 422
        if not may_post(request):
            status, context["is_refused"] = 429, True
        elif request.POST.get("website"):  # only a robot fills in what nobody sees
            return _public(request, "tenants/privacy/public_sent.html", context)
        elif form.is_valid():
            filled = services.Filled(
                values=form.filled(), ticked=form.ticked(), url=request.build_absolute_uri(),
                snapshot=_snapshot(request, chosen, texts),
                ip=request.META.get("REMOTE_ADDR"),
                user_agent=request.headers.get("User-Agent", ""),
            )  # fmt: skip
            try:
                services.submit_form(form=chosen, filled=filled)
            except DomainError as error:
                put_error(form, error)
            else:
                return _public(request, "tenants/privacy/public_sent.html", context)
    return _public(request, "tenants/privacy/public_form.html", context, status)


def _snapshot(request: HttpRequest, chosen: ConsentForm, texts: list[Any]) -> str:
    """The boxes as they were shown: empty."""
    fresh = PublicConsentForm(names=chosen.fields, texts=texts)
    return render_to_string(
        "tenants/privacy/_public_fields.html",
        {"chosen": chosen, "form": fresh, "texts": [text for text, _required in texts]}, request,
    )  # fmt: skip


@open_to_all
@require_safe
def text_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A published or retired text, with its version and hash."""
    text = ConsentText.objects.filter(public_id=public_id).exclude(status="draft").first()
    if text is None:
        raise Http404
    return _public(request, "tenants/privacy/public_text.html", {"text": text})


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_page(request: HttpRequest, public_id: UUID, token: str) -> HttpResponse:
    """GET changes nothing (mail scanners follow links) and shows one button; POST confirms."""
    try:
        found = services.waiting(public_id, token)
        if request.method == "POST":
            found = services.confirm_by_link(
                public_id=public_id, token=token, ip=request.META.get("REMOTE_ADDR"),
                user_agent=request.headers.get("User-Agent", ""),
            )  # fmt: skip
    except NotFound:
        return _public(request, "tenants/privacy/confirm.html", {"is_over": True}, 404)
    return _public(
        request, "tenants/privacy/confirm.html", {"is_done": found.confirmed_at is not None}
    )
