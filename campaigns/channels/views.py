"""Screens of letters and senders."""

from secrets import token_urlsafe
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.channels import selectors, services
from campaigns.channels.fields import FIELDS, REQUIRED
from campaigns.channels.forms import SeedForm, SenderForm, TemplateForm
from campaigns.channels.frames import SANDBOX, message_frame
from campaigns.channels.models import EmailTemplate, MessageClass, SenderIdentity
from campaigns.channels.previews import render_sample, subject_of
from campaigns.channels.problems import Severity, TemplateInvalid
from campaigns.channels.starter import starter
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor

_PAGE = 25
_PREVIEW_SECONDS = 900


@require_GET
@permission(Permission.TEMPLATES_VIEW)
def template_list(request: HttpRequest) -> HttpResponse:
    archived = request.GET.get("show") == "archived"
    query = request.GET.get("q", "").strip()[:100]
    found = selectors.templates(query=query, archived=archived, order=request.GET.get("sort", ""))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(letter, subject_of(letter)) for letter in page],
        "query": query,
        "archived": archived,
        "may_edit": may(request, Permission.TEMPLATES_EDIT),
    }
    return render_page(
        request, "campaigns/channels/templates.html", context,
        fragment="campaigns/channels/_templates_table.html",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission(Permission.TEMPLATES_EDIT)
def template_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@permission(Permission.TEMPLATES_EDIT)
def template_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _edit(request, _template(public_id))


def _edit(request: HttpRequest, template: EmailTemplate | None) -> HttpResponse:
    form = TemplateForm(request.POST or None, initial=_initial(template))
    preview, status = "", 200
    if template is None and request.method == "GET":
        begun = starter(get_language() or "ru")
        preview = _keep_preview(render_sample(begun, MessageClass.ADVERTISING).html)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if "check" in request.POST:
                preview, status = _check(form), 200
            elif (saved := _save(request, form, template)) is not None:
                messages.success(request, _("The letter is saved."))
                return redirect("campaigns:channels-template-edit", public_id=saved.public_id)
    context = {
        "form": form, "template": template, "preview": preview, "sandbox": SANDBOX,
        "waits": template is not None and selectors.waits_for_approval(template),
        "fields": FIELDS.items(), "required": REQUIRED.items(), "warnings": _warnings(form),
    }  # fmt: skip
    return render_page(request, "campaigns/channels/template.html", context, status=status)


def _initial(template: EmailTemplate | None) -> dict[str, str]:
    if template is None:
        begun = starter(get_language() or "ru")
        return {"message_class": "advertising", "subject": begun.subject, "html": begun.html}
    return {
        name: getattr(template, name)
        for name in ("name", "message_class", "subject", "preheader", "html", "text")
    }


def _save(
    request: HttpRequest, form: TemplateForm, template: EmailTemplate | None
) -> EmailTemplate | None:
    values = {
        "name": form.cleaned_data["name"], "message_class": form.cleaned_data["message_class"],
        "source": form.source(), "actor": Actor.of(request),
    }  # fmt: skip
    try:
        if template is None:
            return services.create_template(**values)
        return services.update_template(public_id=template.public_id, **values)
    except TemplateInvalid as error:
        form.blame([each for each in error.problems if each.severity is Severity.ERROR])
    return None


def _check(form: TemplateForm) -> str:
    """Key of a preview of what is typed, not saved; "" when it cannot be shown."""
    problems = selectors.problems_of(form.source(), form.cleaned_data["message_class"])
    form.blame([each for each in problems if each.severity is Severity.ERROR])
    if form.errors:
        return ""
    try:
        html = render_sample(form.source(), form.cleaned_data["message_class"]).html
    except DomainError as error:
        form.add_error("html", error.message)
        return ""
    return _keep_preview(html)


def _keep_preview(html: str) -> str:
    """Key of the address at which a frame finds it for a while."""
    key = token_urlsafe(16)
    cache.set(f"letter-preview:{key}", html, _PREVIEW_SECONDS)
    return key


def _warnings(form: TemplateForm) -> list[str]:
    if not form.is_bound or not form.is_valid():
        return []
    problems = selectors.problems_of(form.source(), form.cleaned_data["message_class"])
    return [each.message for each in problems if each.severity is Severity.WARNING]


@require_GET
@permission(Permission.TEMPLATES_EDIT)
def draft_preview(request: HttpRequest, key: str) -> HttpResponse:
    html = cache.get(f"letter-preview:{key}")
    if html is None:
        raise Http404
    return message_frame(html)


@require_GET
@permission(Permission.TEMPLATES_VIEW)
def template_preview(request: HttpRequest, public_id: UUID) -> HttpResponse:
    template = _template(public_id)
    try:
        letter = render_sample(selectors.source_of(template), template.message_class)
    except DomainError as error:
        return HttpResponse(error.message, status=422, content_type="text/plain; charset=utf-8")
    return message_frame(letter.html)


@require_POST
@permission(Permission.TEMPLATES_EDIT)
def template_archive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    archived = request.POST.get("restore") != "1"
    _template(public_id)
    services.archive_template(public_id=public_id, archived=archived, actor=Actor.of(request))
    return redirect("campaigns:channels-templates")


@require_GET
@permission(Permission.TEMPLATES_VIEW)
def sender_list(request: HttpRequest) -> HttpResponse:
    return _senders(request, SeedForm())


@require_POST
@permission(Permission.SETTINGS_EDIT)
def seed_add(request: HttpRequest) -> HttpResponse:
    form = SeedForm(request.POST)
    if form.is_valid():
        try:
            services.add_seed(**form.cleaned_data, actor=Actor.of(request))
            return redirect("campaigns:channels-senders")
        except DomainError as error:
            form.add_error("email", error.message)
    return _senders(request, form, status=422)


@require_POST
@permission(Permission.SETTINGS_EDIT)
def seed_remove(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_seed(pk=pk, actor=Actor.of(request))
    return redirect("campaigns:channels-senders")


def _senders(request: HttpRequest, form: SeedForm, status: int = 200) -> HttpResponse:
    context = {
        "senders": selectors.senders(), "seeds": selectors.seeds(), "form": form,
        "may_edit": may(request, Permission.SETTINGS_EDIT),
    }  # fmt: skip
    return render_page(request, "campaigns/channels/senders.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission(Permission.SETTINGS_EDIT)
def sender_new(request: HttpRequest) -> HttpResponse:
    return _sender(request, None)


@require_http_methods(["GET", "POST"])
@permission(Permission.SETTINGS_EDIT)
def sender_edit(request: HttpRequest, pk: int) -> HttpResponse:
    sender = selectors.senders().filter(pk=pk).first()
    if sender is None:
        raise Http404
    return _sender(request, sender)


def _sender(request: HttpRequest, sender: SenderIdentity | None) -> HttpResponse:
    names = ("name", "email", "reply_to", "organisation", "postal_address", "is_default")
    initial = {name: getattr(sender, name) for name in names} if sender else {}
    form = SenderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_sender(
                pk=sender.pk if sender else None, actor=Actor.of(request), **form.cleaned_data
            )
            return redirect("campaigns:channels-senders")
        except DomainError as error:
            for name, text in error.fields.items():
                form.add_error(name, text)
    context = {"form": form, "sender": sender}
    status = 422 if form.errors else 200
    return render_page(request, "campaigns/channels/sender.html", context, status=status)


def _template(public_id: UUID) -> EmailTemplate:
    template = selectors.template_by(public_id)
    if template is None:
        raise Http404
    return template
