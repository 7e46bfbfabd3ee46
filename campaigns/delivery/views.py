"""Public addresses of messages (no login, signed), and the mailbox of the demo."""

import base64

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from campaigns.channels.frames import SANDBOX, message_frame
from campaigns.channels.tracking import Purpose
from campaigns.delivery import mailbox, reactions
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, open_to_all, permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.tenancy.selectors import current_tenant

_PIXEL = base64.b64decode(b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@open_to_all
@require_safe
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Always the picture: a wrong token must not show as a broken image."""
    tracked = reactions.read_token(token, Purpose.OPEN)
    if tracked is not None and request.method == "GET":
        reactions.record_open(tracked, agent=request.headers.get("User-Agent", ""))
    headers = {
        "Cache-Control": "no-store, private",
        "Content-Security-Policy": "default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",  # letters are read at other sites
    }
    return HttpResponse(_PIXEL, content_type="image/gif", headers=headers)


@open_to_all
@require_safe
def click(request: HttpRequest, token: str, number: int) -> HttpResponse:
    found = reactions.find_click(
        token, number, addition=request.GET.get("u", ""), signature=request.GET.get("s", "")
    )
    if found is None:
        raise Http404
    if request.method == "GET":
        reactions.record_click(found, number, agent=request.headers.get("User-Agent", ""))
    response = HttpResponseRedirect(found.target)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@open_to_all
@csrf_exempt  # the reader's mail service posts here, without cookies (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing and shows one button; POST stops at once and redirects nowhere."""
    tracked = reactions.read_token(token, Purpose.UNSUBSCRIBE)
    if tracked is None:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        reactions.stop_by_link(tracked, one_click=one_click)
        if one_click:
            return HttpResponse(b"OK", content_type="text/plain")
    context = {"company": current_tenant().name, "is_done": is_done}
    response = render(request, "campaigns/delivery/unsubscribe.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@permission(Permission.MAILBOX_VIEW)
def mailbox_list(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:100]
    page = request.GET.get("page", "1")
    caught = mailbox.mail_of(current_tenant(), query, int(page) if page.isdecimal() else 1)
    watch.describe(
        Action.SEARCH if query else Action.VIEW, categories=["email"],
        people=len(caught.found.messages),
    )  # fmt: skip
    context = {
        "query": query,
        "rows": [(each, _shown(request, each.recipients)) for each in caught.found.messages],
        "page": caught.pages.get_page(caught.found.page),
    }
    return render_page(
        request,
        "campaigns/delivery/mailbox.html",
        context,
        fragment="campaigns/delivery/_mailbox_table.html",
    )


@require_GET
@permission(Permission.MAILBOX_VIEW)
def mailbox_message(request: HttpRequest, message_id: int) -> HttpResponse:
    caught = mailbox.mail_by_id(current_tenant(), message_id)
    watch.describe(Action.VIEW, categories=["email", "letter"], people=1)
    hidden = () if may(request, Permission.CUSTOMERS_PERSONAL) else ("to", "return-path")
    context = {
        "message": caught,
        "recipients": _shown(request, caught.summary.recipients),
        "headers": [pair for pair in caught.headers if pair[0].lower() not in hidden],
        "sandbox": SANDBOX,
    }
    return render_page(request, "campaigns/delivery/mailbox_message.html", context)


@require_GET
@permission(Permission.MAILBOX_VIEW)
def mailbox_body(request: HttpRequest, message_id: int) -> HttpResponse:
    caught = mailbox.mail_by_id(current_tenant(), message_id)
    watch.describe(Action.VIEW, categories=["letter"], people=1)
    return message_frame(caught.html or "<pre></pre>")


def _shown(request: HttpRequest, recipients: tuple[str, ...]) -> str:
    if may(request, Permission.CUSTOMERS_PERSONAL):
        return ", ".join(recipients)
    return ", ".join(mailbox.mask_address(each) for each in recipients)
