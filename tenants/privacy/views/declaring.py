"""Declarations: the operator's word for consents that were given elsewhere."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.privacy import pages, services
from tenants.privacy.forms import DeclarationForm, put_error
from tenants.privacy.models import OperatorDeclaration


@require_safe
@permission(Permission.CONSENTS_VIEW)
def declarations(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": pages.declarations(), "doubted": pages.doubted(), "tab": "declarations",
        "may_edit": may(request, Permission.CONSENTS_EDIT),
        "may_sign": may(request, Permission.PRIVACY_OVERSEE),
    }  # fmt: skip
    return render_page(request, "tenants/privacy/declarations.html", context)


@require_http_methods(["GET", "POST"])
@permission(Permission.CONSENTS_EDIT)
def declaration_new(request: HttpRequest) -> HttpResponse:
    """About one load (`?batch=`) or one source (`?source=`). The officer signs at once."""
    batch, source = _about(request)
    initial = {"given_to": clock.now().date(), "method": "NONE"}
    form = DeclarationForm(request.POST or None, initial=initial)
    may_sign = may(request, Permission.PRIVACY_OVERSEE)
    if request.method == "POST" and form.is_valid():
        draft = form.draft(batch=batch, source=source)
        try:
            act = services.sign_declaration if may_sign else services.declare
            act(draft=draft, actor=Actor.of(request))
        except DomainError as error:
            put_error(form, error)
        else:
            said = (_("Signed. Consents that fit it count from now on.") if may_sign
                    else _("The company's data protection officer is asked to sign."))  # fmt: skip
            messages.success(request, said)
            return redirect("tenants:privacy-declarations")
    context = {"form": form, "batch": batch, "source": source, "may_sign": may_sign,
               "tab": "declarations"}  # fmt: skip
    status = 422 if form.errors else 200
    return render_page(request, "tenants/privacy/declaration.html", context, status=status)


def _about(request: HttpRequest) -> tuple[UUID | None, str]:
    given = request.GET.get("batch", "")
    try:
        batch = UUID(given) if given else None
    except ValueError as error:
        raise Http404 from error
    return batch, request.GET.get("source", "")[:40]


@require_POST
@permission(Permission.PRIVACY_OVERSEE)
def declaration_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = OperatorDeclaration.objects.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    try:
        count = services.revoke_declaration(declaration=found, actor=Actor.of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        text = _("Taken back: %(count)s documents permit nothing any more.")
        messages.success(request, text % {"count": count})
    return redirect("tenants:privacy-declarations")
