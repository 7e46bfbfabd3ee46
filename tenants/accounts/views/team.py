"""Who works here and as whom; at the agency's host the agency's own team."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts import access, links, selectors, services
from tenants.accounts.access import permission
from tenants.accounts.contracts import AGENCY_ROLES, Permission, Role
from tenants.accounts.forms import InviteForm, RoleForm, TrainingForm, add_refusal
from tenants.accounts.models import Membership, User
from tenants.accounts.views.common import by, tenant_of, url, url_name
from tenants.tenancy.middleware import is_public

_PAGE = 50


@require_GET
@permission(Permission.TEAM_VIEW)
def member_list(request: HttpRequest) -> HttpResponse:
    given = request.GET
    query = given.get("q", "").strip()
    found = selectors.members_of(
        tenant_of(request), query=query, role=given.get("role", ""), sort=given.get("sort", "")
    )
    page = Paginator(found, _PAGE).get_page(given.get("page"))
    context = {
        "members": [selectors.member_of(row) for row in page], "page": page, "q": query,
        "roles": [(role.value, role.label) for role in _roles(request)],
        "can_manage": access.may(request, Permission.TEAM_MANAGE),
        "new_url": url(request, "member-new"), "roles_url": url(request, "roles"),
        "member_url_name": url_name(request, "member"), "team_url": _team_url(request),
    }  # fmt: skip
    return render_page(
        request, "tenants/accounts/team.html", context, fragment="tenants/accounts/_team.html"
    )


def _roles(request: HttpRequest) -> list[Role]:
    """Client roles are of no use in the agency itself."""
    roles = selectors.roles_for(User.Side.AGENCY)
    if not is_public(request):
        roles += [role for role in selectors.roles_for(User.Side.CLIENT) if role not in roles]
    return roles


def _team_url(request: HttpRequest) -> str:
    return url(request, "team")


@require_http_methods(["GET", "POST"])
@permission(Permission.TEAM_MANAGE)
def member_new(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, roles=_roles(request))
    if request.method == "POST" and form.is_valid():
        try:
            done = services.invite_member(
                tenant=tenant_of(request), by=by(request), **form.cleaned_data
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            return _invited(request, done)
    context = {"form": form, "team_url": _team_url(request), "roles_url": url(request, "roles")}
    status = 422 if form.errors else 200
    return render(request, "tenants/accounts/member_new.html", context, status=status)


def _invited(request: HttpRequest, done: services.Invitation) -> HttpResponse:
    """A new person gets a link to set the password; it is shown to the inviter once."""
    user = done.membership.user
    if not done.is_new_user:
        messages.success(request, _("%(name)s is in the team.") % {"name": user.name})
        return HttpResponseRedirect(_team_url(request))
    link = links.set_password_url(request, user)
    context = {"member": user, "link": link, "team_url": _team_url(request)}
    response = render(request, "tenants/accounts/member_invited.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _member(request: HttpRequest, public_id: UUID) -> Membership:
    membership = selectors.find_member(tenant_of(request), public_id)
    if membership is None:
        raise Http404
    return membership


def _training(user: User, data: Any = None) -> TrainingForm:
    initial = {
        "has_signed": user.confidentiality_signed_at is not None,
        "training_valid_until": user.training_valid_until,
    }
    return TrainingForm(data, initial=initial)


@require_http_methods(["GET", "POST"])
@permission(Permission.TEAM_MANAGE)
def member_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Two forms: the role, and what 152-FZ asks of whoever sees personal data."""
    membership = _member(request, public_id)
    what = request.POST.get("what", "")
    roles = selectors.roles_for(membership.user.side)
    role_form = RoleForm(
        request.POST if what == "role" else None, roles=roles, initial={"role": membership.role}
    )
    training_form = _training(membership.user, request.POST if what == "training" else None)
    form = {"role": role_form, "training": training_form}.get(what)
    if form is not None and form.is_valid():
        save = services.change_role if what == "role" else services.record_training
        try:
            save(membership=membership, by=by(request), **form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(_team_url(request))
    context = {
        "membership": membership, "role_form": role_form, "training_form": training_form,
        "team_url": _team_url(request), "is_self": membership.user_id == request.user.pk,
        "remove_url": url(request, "member-remove", public_id=public_id),
    }  # fmt: skip
    status = 422 if role_form.errors or training_form.errors else 200
    return render(request, "tenants/accounts/member.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission(Permission.TEAM_MANAGE)
def member_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET is the confirmation page, POST does it."""
    membership = _member(request, public_id)
    if request.method == "GET":
        context = {"membership": membership, "team_url": _team_url(request)}
        return render(request, "tenants/accounts/member_remove.html", context)
    name = membership.user.name
    try:
        services.remove_membership(membership=membership, by=by(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s is no longer in the team.") % {"name": name})
    return HttpResponseRedirect(_team_url(request))


@require_GET
@permission(Permission.TEAM_VIEW)
def role_list(request: HttpRequest) -> HttpResponse:
    """The matrix as it is enforced: the same table that guards every page."""
    side = request.GET.get("side", "")
    roles = _roles(request)
    if side == "agency":
        roles = selectors.roles_for(User.Side.AGENCY)
    elif side == "client" and not is_public(request):
        roles = selectors.roles_for(User.Side.CLIENT)
    context = {
        "roles": [(role, role in AGENCY_ROLES) for role in roles],
        "rows": selectors.matrix_rows(roles), "team_url": _team_url(request), "side": side,
        "is_public": is_public(request),
    }  # fmt: skip
    return render(request, "tenants/accounts/roles.html", context)
