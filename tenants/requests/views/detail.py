"""One request: its course, its clock, and what the officer may do with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import demand, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.customers.selectors import customers_found_by
from tenants.requests import pages, selectors, services
from tenants.requests.forms import (
    AnswerForm,
    ExtendForm,
    FindingForm,
    IdentityForm,
    RectifyForm,
    put_error,
)
from tenants.requests.models import RequestFile, SubjectRequest

P = Permission
_FORMS: Mapping[str, type[forms.Form]] = {
    "identity": IdentityForm, "extend": ExtendForm, "find": FindingForm, "rectify": RectifyForm,
    "answer": AnswerForm,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Act:
    needs: Permission
    run: Callable[[SubjectRequest, Any, Actor, Any], object]
    form: type[forms.Form] | None = None


def _identity(asked: SubjectRequest, form: Any, actor: Actor, given: Any) -> object:
    customer_id = asked.customer_id
    who = given.get("who", "").strip()
    if who and selectors.contact_keys(who):
        customer_id = customers_found_by(who).values_list("pk", flat=True).first()
    return services.check_identity(
        public_id=asked.public_id, check=form.check(), actor=actor, customer_id=customer_id
    )


def _extend(asked: SubjectRequest, form: Any, actor: Actor, _given: Any) -> object:
    return services.extend(public_id=asked.public_id, actor=actor, **form.cleaned_data)


def _find(asked: SubjectRequest, form: Any, actor: Actor, _given: Any) -> object:
    return services.find(public_id=asked.public_id, actor=actor, **form.cleaned_data)


def _rectify(asked: SubjectRequest, form: Any, actor: Actor, _given: Any) -> object:
    return services.rectify(
        public_id=asked.public_id, values=form.values(), proof=form.cleaned_data["proof"],
        actor=actor,
    )  # fmt: skip


def _answer(asked: SubjectRequest, form: Any, actor: Actor, _given: Any) -> object:
    return services.answer(public_id=asked.public_id, actor=actor, **form.cleaned_data)


def _file(asked: SubjectRequest, _form: Any, actor: Actor, given: Any) -> object:
    kind = given.get("kind", "")
    if kind not in RequestFile.Kind.values:
        raise Http404
    return services.ask_file(request=asked, kind=kind, actor=actor)


def _forward(asked: SubjectRequest, _form: Any, actor: Actor, given: Any) -> object:
    return services.forward(public_id=asked.public_id, actor=actor, how=given.get("how", ""))


def _ask(asked: SubjectRequest, _form: Any, actor: Actor, _given: Any) -> object:
    return services.ask_for_identity(public_id=asked.public_id, actor=actor)


def _destroy(asked: SubjectRequest, _form: Any, actor: Actor, given: Any) -> object:
    return services.begin_destruction(
        public_id=asked.public_id, reason=given.get("reason", ""), actor=actor
    )


_ACTS: Mapping[str, _Act] = {
    "identity": _Act(P.REQUESTS_WORK, _identity, IdentityForm),
    "ask": _Act(P.REQUESTS_WORK, _ask),
    "extend": _Act(P.REQUESTS_WORK, _extend, ExtendForm),
    "find": _Act(P.REQUESTS_WORK, _find, FindingForm),
    "rectify": _Act(P.REQUESTS_WORK, _rectify, RectifyForm),
    "answer": _Act(P.REQUESTS_WORK, _answer, AnswerForm),
    "file": _Act(P.REQUESTS_WORK, _file),
    "destroy": _Act(P.REQUESTS_WORK, _destroy),
    "forward": _Act(P.REQUESTS_REGISTER, _forward),
}


@require_GET
@permission(P.REQUESTS_VIEW)
def request_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _page(request, _asked(public_id))


@require_POST
@permission(P.REQUESTS_VIEW)
def request_act(request: HttpRequest, public_id: UUID, act: str) -> HttpResponse:
    asked, chosen = _asked(public_id), _ACTS.get(act)
    if chosen is None:
        raise Http404
    demand(request, chosen.needs)
    form = chosen.form(request.POST, auto_id=f"{act}_%s") if chosen.form else None
    try:
        if form is None or form.is_valid():
            chosen.run(asked, form, Actor.of(request), request.POST)
            return redirect("tenants:requests-detail", public_id=public_id)
    except DomainError as error:
        if form is not None:
            put_error(form, error)
        else:
            messages.error(request, error.message)
            return redirect("tenants:requests-detail", public_id=public_id)
    return _page(request, asked, {act: form}, status=422)


@require_POST
@permission(P.REQUESTS_WORK)
def request_notice(request: HttpRequest, public_id: UUID, notice_id: int) -> HttpResponse:
    asked = _asked(public_id)
    if not selectors.notices_of(asked).filter(pk=notice_id).exists():
        raise Http404
    try:
        services.mark_notified(
            notice_id=notice_id, proof=request.POST.get("proof", ""), actor=Actor.of(request)
        )
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("tenants:requests-detail", public_id=public_id)


@require_GET
@permission(P.REQUESTS_VIEW)
def request_files(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The card of documents alone, asked for while one is being made."""
    asked = _asked(public_id)
    context = pages.files_context(request, asked)
    return render_page(
        request, "tenants/requests/files.html", context, fragment="tenants/requests/_files.html"
    )


def _asked(public_id: UUID) -> SubjectRequest:
    asked = selectors.request_by_public_id(public_id)
    if asked is None:
        raise Http404
    return asked


def _page(
    request: HttpRequest,
    asked: SubjectRequest,
    bound: Mapping[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    bound = bound or {}
    context = pages.detail_context(request, asked)
    initial = {"answer": {"form": asked.channel}}
    context["forms"] = {
        name: bound.get(name) or kind(initial=initial.get(name), auto_id=f"{name}_%s")
        for name, kind in _FORMS.items()
    }
    context["bad"] = next(iter(bound), "")
    response = render_page(request, "tenants/requests/detail.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response
