"""Keys of integrations and what the company says about itself."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from tenants.accounts import access, onboarding, selectors, services
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.accounts.forms import ApiKeyForm, SettingsForm, add_refusal
from tenants.accounts.views.common import by, tenant_of, url, url_name
from tenants.tenancy.middleware import is_public


def _list_url(request: HttpRequest) -> str:
    return url(request, "api-keys")


@require_GET
@permission(Permission.API_KEYS_MANAGE)
def api_key_list(request: HttpRequest) -> HttpResponse:
    context = {
        "keys": selectors.api_keys_of(tenant_of(request)), "now": clock.now(),
        "new_url": url(request, "api-key-new"),
        "revoke_url_name": url_name(request, "api-key-revoke"),
        "is_public": is_public(request),
    }  # fmt: skip
    return render(request, "tenants/accounts/api_keys.html", context)


@require_http_methods(["GET", "POST"])
@permission(Permission.API_KEYS_MANAGE)
def api_key_new(request: HttpRequest) -> HttpResponse:
    """The token is in the answer to the POST and nowhere else."""
    form = ApiKeyForm(request.POST or None, scopes=selectors.scopes_for(tenant_of(request)))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            key, token = services.create_api_key(
                tenant=tenant_of(request), name=asked["name"], scopes=asked["scopes"],
                networks=asked["networks"].splitlines(), expires_at=form.expires_at(),
                by=by(request),
            )  # fmt: skip
        except DomainError as error:
            add_refusal(form, error)
        else:
            context = {"key": key, "token": token, "list_url": _list_url(request)}
            response = render(request, "tenants/accounts/api_key_made.html", context)
            response.headers["Cache-Control"] = "no-store"
            return response
    status = 422 if form.errors else 200
    context = {"form": form, "list_url": _list_url(request)}
    return render(request, "tenants/accounts/api_key_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission(Permission.API_KEYS_MANAGE)
def api_key_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET is the confirmation page, POST does it."""
    key = selectors.api_keys_of(tenant_of(request)).filter(public_id=public_id).first()
    if key is None:
        raise Http404
    if request.method == "GET":
        context = {"key": key, "list_url": _list_url(request)}
        return render(request, "tenants/accounts/api_key_revoke.html", context)
    services.revoke_api_key(key=key, by=by(request))
    messages.success(request, _("The key “%(name)s” opens nothing now.") % {"name": key.name})
    return HttpResponseRedirect(_list_url(request))


@require_http_methods(["GET", "POST"])
@permission(Permission.SETTINGS_VIEW)
def settings_edit(request: HttpRequest) -> HttpResponse:
    """Readers see the same page without the button; a POST of theirs is refused."""
    tenant = tenant_of(request)
    can_edit = access.may(request, Permission.SETTINGS_EDIT)
    form = SettingsForm.of(tenant, request.POST or None)
    if request.method == "POST":
        access.demand(request, Permission.SETTINGS_EDIT)
        if form.is_valid():
            try:
                onboarding.change_settings(tenant=tenant, by=by(request), **form.values())
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(reverse("tenants:tenancy-settings"))
    if not can_edit:
        for field in form.fields.values():
            field.disabled = True
    context = {"form": form, "tenant": tenant, "can_edit": can_edit}
    status = 422 if form.errors else 200
    return render(request, "tenants/accounts/settings.html", context, status=status)
