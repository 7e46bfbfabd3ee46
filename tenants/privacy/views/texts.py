"""Texts and forms: drafted by those who work on letters, published by the operator's officer."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.privacy import pages, services
from tenants.privacy.forms import PageForm, TextForm, put_error
from tenants.privacy.models import ConsentForm, ConsentText
from tenants.registers import selectors as registers

_TEXT = ("document", "title", "label", "body", "purposes", "channels", "brands", "pd_list",
         "actions", "methods", "term", "term_months", "withdrawal_methods")  # fmt: skip


def _purposes() -> list[tuple[str, str]]:
    return [(each.code, each.title) for each in registers.purposes()]


@require_safe
@permission(Permission.CONSENTS_VIEW)
def text_list(request: HttpRequest) -> HttpResponse:
    context = {"texts": pages.texts(), "tab": "texts",
               "may_edit": may(request, Permission.CONSENTS_EDIT)}  # fmt: skip
    return render_page(request, "tenants/privacy/texts.html", context)


@require_http_methods(["GET", "POST"])
@permission(Permission.CONSENTS_VIEW)
def text_edit(request: HttpRequest, public_id: UUID | None = None) -> HttpResponse:
    """A draft as a form with what is wrong in it; a published text as people see it."""
    text = _text(public_id) if public_id else None
    may_edit = may(request, Permission.CONSENTS_EDIT)
    is_draft = text is None or text.status == ConsentText.Status.DRAFT
    initial = {name: getattr(text, name) for name in _TEXT} if text else {"document": "PD_CONSENT"}
    form = TextForm(request.POST or None, initial=initial, purposes=_purposes())
    if request.method == "POST" and may_edit and form.is_valid():
        try:
            saved = services.save_text(values=form.cleaned_data, actor=Actor.of(request), text=text)
        except DomainError as error:
            put_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("tenants:privacy-text", public_id=saved.public_id)
    context = {
        "text": text, "form": form, "is_draft": is_draft, "may_edit": may_edit, "tab": "texts",
        "problems": services.problems_of(text) if text and is_draft else [],
        "may_publish": may(request, Permission.PRIVACY_OVERSEE),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render_page(request, "tenants/privacy/text.html", context, status=status)


@require_POST
@permission(Permission.CONSENTS_EDIT)
def text_act(request: HttpRequest, act: str, public_id: UUID | None = None) -> HttpResponse:
    """`usual` drafts the usual texts; `ask`, `publish` and `again` are about one text."""
    actor = Actor.of(request)
    try:
        if act == "usual":
            made = services.draft_usual_texts(actor=actor)
            messages.success(request, _("Drafts made: %(count)s.") % {"count": len(made)})
            return redirect("tenants:privacy-texts")
        text = _text(public_id)
        if act == "again":
            text = services.new_version(text=text, actor=actor)
        elif act == "publish" and may(request, Permission.PRIVACY_OVERSEE):
            services.publish_text(text=text, actor=actor)
            messages.success(request, _("Published. It is never changed from now on."))
        elif act == "ask":
            services.ask_publication(text=text, actor=actor)
            messages.success(request, _("The company's data protection officer is asked."))
        else:
            raise Http404
    except DomainError as error:
        messages.error(request, " ".join([error.message, *error.fields.values()]))
        return redirect(request.headers.get("Referer") or "tenants:privacy-texts")
    return redirect("tenants:privacy-text", public_id=text.public_id)


def _text(public_id: UUID | None) -> ConsentText:
    found = ConsentText.objects.filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise Http404
    return found


@require_safe
@permission(Permission.CONSENTS_VIEW)
def form_list(request: HttpRequest) -> HttpResponse:
    context = {"forms": pages.forms(), "tab": "forms",
               "may_edit": may(request, Permission.CONSENTS_EDIT)}  # fmt: skip
    return render_page(request, "tenants/privacy/forms.html", context)


@require_http_methods(["GET", "POST"])
@permission(Permission.CONSENTS_EDIT)
def form_edit(request: HttpRequest, public_id: UUID | None = None) -> HttpResponse:
    """Saving checks the form at once; “Open” publishes it."""
    chosen = ConsentForm.objects.filter(public_id=public_id).first() if public_id else None
    if public_id and chosen is None:
        raise Http404
    form = PageForm(request.POST or None, initial=_initial(chosen))
    if request.method == "POST" and form.is_valid():
        actor = Actor.of(request)
        try:
            saved = services.save_form(values=form.values(), actor=actor, form=chosen)
            if "open" in request.POST:
                services.publish_form(form=saved, actor=actor)
        except DomainError as error:
            put_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("tenants:privacy-forms")
    context = {"form": form, "chosen": chosen, "tab": "forms"}
    status = 422 if form.errors else 200
    return render_page(request, "tenants/privacy/form_edit.html", context, status=status)


def _initial(chosen: ConsentForm | None) -> dict[str, object]:
    if chosen is None:
        return {"fields_asked": ["email"]}
    return {"name": chosen.name, "title": chosen.title, "intro": chosen.intro,
            "fields_asked": chosen.fields,
            "texts": [each["text"] for each in chosen.controls]}  # fmt: skip
