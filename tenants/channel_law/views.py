"""Channels and the law: what is allowed and why, and step by step how to open a channel."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.channel_law import pages, selectors, services
from tenants.channel_law.contracts import CHANNELS, CLOSED_HERE
from tenants.channel_law.forms import CallLabelForm, CloseForm, OpinionForm, SenderIdForm

_FORMS: dict[str, type[forms.Form]] = {
    "opinion": OpinionForm, "sender": SenderIdForm, "label": CallLabelForm, "close": CloseForm,
}  # fmt: skip


@require_GET
@permission(Permission.SETTINGS_VIEW)
def channel_list(request: HttpRequest) -> HttpResponse:
    context = {"lines": pages.lines(), "book": selectors.rule_book(), "closed_here": CLOSED_HERE}
    return render_page(request, "tenants/channel_law/list.html", context)


@require_GET
@permission(Permission.SETTINGS_VIEW)
def channel_detail(request: HttpRequest, channel: str) -> HttpResponse:
    return _page(request, _known(channel), {})


@require_POST
@permission(Permission.SETTINGS_EDIT)
def channel_act(request: HttpRequest, channel: str) -> HttpResponse:
    """One step: its form is named by `step`."""
    _known(channel)
    step = request.POST.get("step", "")
    if step not in _FORMS:
        raise Http404
    form = _FORMS[step](request.POST, request.FILES)
    if form.is_valid():
        try:
            messages.success(request, _do(step, channel, form.cleaned_data, Actor.of(request)))
            return redirect("tenants:channel-law-detail", channel=channel)
        except DomainError as error:
            for name, text in (error.fields or {"": error.message}).items():
                form.add_error(name if name in form.fields else None, text)
    return _page(request, channel, {step: form}, status=422)


@require_POST
@permission(Permission.SETTINGS_EDIT)
def channel_open(request: HttpRequest, channel: str) -> HttpResponse:
    """Takes back what the company had closed itself."""
    services.open_channel(channel=_known(channel), actor=Actor.of(request))
    return redirect("tenants:channel-law-detail", channel=channel)


@require_POST
@permission(Permission.SETTINGS_EDIT)
def channel_end(request: HttpRequest, channel: str, what: str, pk: int) -> HttpResponse:
    """A contract or a label is over."""
    _known(channel)
    end = {"sender": services.end_sender, "label": services.end_call_label}.get(what)
    if end is None:
        raise Http404
    return _tried(request, channel, lambda: end(pk=pk, actor=Actor.of(request)))


@require_POST
@permission(Permission.SETTINGS_EDIT)
def opinion_revoke(request: HttpRequest, channel: str, public_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    return _tried(
        request, _known(channel),
        lambda: services.revoke_opinion(public_id=public_id, actor=actor),
    )  # fmt: skip


@require_GET
@permission(Permission.SETTINGS_VIEW)
def opinion_file(_request: HttpRequest, channel: str, public_id: UUID) -> HttpResponse:
    found = selectors.opinion_by(public_id)
    if found is None or found.channel != channel:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="opinion.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _do(step: str, channel: str, values: dict[str, Any], actor: Actor) -> str:
    """What was done, in a sentence."""
    if step == "opinion":
        upload = values.pop("content")
        services.attach_opinion(
            channel=channel, actor=actor, file_name=upload.name, content=upload.read(), **values
        )
        return _("The opinion is attached. The company's officer was asked.")
    if step == "sender":
        services.add_sender(channel=channel, actor=actor, **values)
        return _("The contract is noted.")
    if step == "label":
        services.add_call_label(actor=actor, **values)
        return _("The label is noted.")
    services.close_channel(channel=channel, actor=actor, **values)
    return _("The channel is closed: nothing more leaves through it.")


def _tried(request: HttpRequest, channel: str, act: Any) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("tenants:channel-law-detail", channel=channel)


def _page(
    request: HttpRequest, channel: str, given: dict[str, forms.Form], *, status: int = 200
) -> HttpResponse:
    line = pages.line_of(channel)
    context = {
        "line": line, "steps": pages.steps_of(line), "rules": pages.rule_lines(channel),
        "opinions": selectors.opinions_of(channel), "senders": selectors.senders_of(channel),
        "labels": selectors.labels(), "switch": selectors.switch_of(channel),
        "forms": {name: given.get(name) or kind() for name, kind in _FORMS.items()},
        "opened": next(iter(given), ""), "registers_url": "/registers/recipients/",
        "may_edit": may(request, Permission.SETTINGS_EDIT),
    }  # fmt: skip
    return render_page(request, "tenants/channel_law/detail.html", context, status=status)


def _known(channel: str) -> str:
    if channel not in CHANNELS:
        raise Http404
    return channel
