"""Why a customer was not written to, over the API."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.delivery.why import now_of, past_of
from tenants.accounts.contracts import Scope
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.customers.models import Customer


class PastOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    name = serializers.CharField(help_text="Subject of the letter, as its author wrote it.")
    state = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()
    cure = serializers.CharField(help_text="What would change it.")


class NowOutput(serializers.Serializer[Any]):
    channel = serializers.CharField()
    is_allowed = serializers.BooleanField()
    code = serializers.CharField()
    sentence = serializers.CharField()
    cure = serializers.CharField()
    details = serializers.CharField()


class WhyOutput(serializers.Serializer[Any]):
    now = NowOutput(many=True, help_text="What the gate says of an advertisement at this moment.")
    past = PastOutput(many=True, help_text="The last messages, sent or not, the newest first.")


class WhyView(APIView):
    scopes = {"GET": Scope.CUSTOMERS_READ}

    @extend_schema(operation_id="customer_why", responses=WhyOutput)
    def get(self, _request: Request, public_id: UUID) -> Response:
        """Whether this customer would get an advertisement now, by channel, and why not."""
        customer = Customer.objects.filter(public_id=public_id).first()
        if customer is None:
            raise Http404
        watch.describe(Action.VIEW, subject_ids=[customer.pk], categories=["consents", "messages"])
        answer = {"now": now_of(customer.pk), "past": past_of(customer.pk)}
        return Response(WhyOutput(answer).data)
