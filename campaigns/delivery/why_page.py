"""Why this customer was not written to: a page of its own, and a piece of the customer's card."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from campaigns.delivery import contracts as c
from campaigns.delivery.why import now_of, past_of
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.customers.models import Customer


@require_GET
@permission(Permission.CUSTOMERS_VIEW)
def customer_why(request: HttpRequest, public_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer, public_id=public_id)
    watch.describe(Action.VIEW, subject_ids=[customer.pk], categories=["consents", "messages"])
    answers = now_of(customer.pk)
    context = {
        "customer": customer, "past": past_of(customer.pk),
        "open": [each for each in answers if each.is_allowed],
        "shut": [each for each in answers if each.code not in {"", c.CONTACT}],
        "nowhere": ", ".join(each.label for each in answers if each.code == c.CONTACT),
    }  # fmt: skip
    return render_page(
        request, "campaigns/delivery/why.html", context, fragment="campaigns/delivery/_why.html"
    )
