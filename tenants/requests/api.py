"""Requests over the API: other systems of the company write down what reached them.

No personal value comes out: numbers, types, states and dates only.
"""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cvm_platform.common.bodies import decode, request_of
from cvm_platform.common.errors import InvalidInput
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.customers.resolving import resolve_customers
from tenants.requests import selectors, services
from tenants.requests.contracts import Applicant, Channel, Party
from tenants.requests.models import SubjectRequest

Short = Annotated[str, Meta(max_length=100)]
TypeName = Literal[
    "ACCESS_14", "RECTIFY_20_3", "DESTROY_UNLAWFUL_20_3", "BLOCK_21_1", "WITHDRAW_21_5",
    "STOP_21_5_1", "STOP_PROMO_15_2", "OBJECT_AUTOMATED_16", "REGULATOR_20_4", "INFO_18_1",
]  # fmt: skip


class CustomerRef(msgspec.Struct, forbid_unknown_fields=True):
    """The first that is filled and known decides."""

    id: Short = ""
    external_id: Short = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""


class ApplicantBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=200)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""
    address: Annotated[str, Meta(max_length=300)] = ""
    text: Annotated[str, Meta(max_length=10_000)] = ""


class RequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """`external_id` is the request's id in the sending system: sent again, it is the same one."""

    type: TypeName
    external_id: Annotated[str, Meta(min_length=1, max_length=100)]
    received_at: Annotated[datetime, Meta(tz=True)]
    channel: Literal["PAPER", "EMAIL", "FORM", "PHONE", "OFFICE", "API"] = "API"
    received_by: Literal["OPERATOR", "PROCESSOR"] = "OPERATOR"
    customer: CustomerRef | None = None
    applicant: ApplicantBody = msgspec.field(default_factory=ApplicantBody)
    repeat_reason: Literal["", "INCOMPLETE_14_5", "SHORTER_14_4", "NONE_14_6"] = ""
    source: Annotated[str, Meta(min_length=1, max_length=40)] = "api"


class RequestOutput(serializers.ModelSerializer[SubjectRequest]):
    number = serializers.IntegerField(source="pk")
    id = serializers.UUIDField(source="public_id")
    state = serializers.SerializerMethodField()
    customer = serializers.SerializerMethodField()

    class Meta:
        model = SubjectRequest
        fields = (
            "id", "number", "external_id", "type", "state", "channel", "customer", "received_at",
            "due_at", "internal_due_at", "is_provisional", "effective_at", "decision",
            "refusal_ground", "answered_at",
        )  # fmt: skip

    def get_state(self, row: SubjectRequest) -> str:
        return selectors.state_of(row)

    def get_customer(self, row: SubjectRequest) -> str | None:
        if row.customer_id is None:
            return None
        found = Customer.objects.filter(pk=row.customer_id).values_list("public_id", flat=True)
        return str(found[0]) if found else None


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")


class RequestsView(GenericAPIView[SubjectRequest]):
    scopes = {"GET": Scope.REQUESTS_READ, "POST": Scope.REQUESTS_WRITE}
    serializer_class = RequestOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[SubjectRequest]:
        return SubjectRequest.objects.all()

    @extend_schema(operation_id="privacy_requests_list")
    def get(self, _request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(RequestOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="privacy_requests_send", request=request_of(RequestBody),
        responses={201: RequestOutput, 200: RequestOutput},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Writes a request down: its clock starts, stops and blocks take effect at once."""
        body = decode(request.body, RequestBody)
        is_known = SubjectRequest.objects.filter(external_id=body.external_id).exists()
        made = _take(body, Actor.of(cast("HttpRequest", request)))
        code = status.HTTP_200_OK if is_known else status.HTTP_201_CREATED
        return Response(RequestOutput(made).data, status=code)


def _take(body: RequestBody, actor: Actor) -> SubjectRequest:
    customer_id = None
    if body.customer is not None:
        [customer_id] = resolve_customers([body.customer], source=body.source)
        if customer_id is None:
            text = _("There is no such customer.")
            raise InvalidInput(text, code="unknown_customer", fields={"customer": text})
    watch.describe(
        Action.IMPORT, subject_ids=[customer_id] if customer_id else [], categories=["request"],
        people=1,
    )  # fmt: skip
    said = body.applicant
    return services.register(
        kind=body.type, received_at=body.received_at, channel=Channel(body.channel),
        applicant=Applicant(said.name, said.email, said.phone, said.address, said.text),
        actor=actor, customer_id=customer_id, party=Party(body.received_by),
        repeat_reason=body.repeat_reason, external_id=body.external_id,
    )  # fmt: skip


class RequestView(APIView):
    scopes = {"GET": Scope.REQUESTS_READ}

    @extend_schema(operation_id="privacy_request", responses=RequestOutput)
    def get(self, _request: Request, public_id: UUID) -> Response:
        row = selectors.request_by_public_id(public_id)
        if row is None:
            raise Http404
        return Response(RequestOutput(row).data)
