"""Segments over the API: the same rules, checks and counts as on the screen."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from campaigns.segments import published, selectors, serializers, services
from campaigns.segments.models import Segment, SegmentMember
from cvm_platform.common import sight
from cvm_platform.common.errors import Forbidden, InvalidInput
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope
from tenants.audit.services import Actor
from tenants.customers.models import Customer


class ByCustomer(CursorPagination):
    ordering = ("customer_id",)


def _input(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    try:
        data = request.data
    except RecursionError as error:
        raise InvalidInput(_("The body is nested too deep."), code="too_deep") from error
    form = kind(data=data)
    form.is_valid(raise_exception=True)
    checked: dict[str, Any] = form.validated_data
    return checked


class SegmentListView(GenericAPIView[Segment]):
    scopes = {"GET": Scope.SEGMENTS_READ, "POST": Scope.SEGMENTS_WRITE}
    serializer_class = serializers.SegmentOutput
    pagination_class = CursorPagination

    def get_queryset(self) -> QuerySet[Segment]:
        return Segment.objects.filter(is_archived=False)

    @extend_schema(operation_id="segments_list")
    def get(self, _request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(serializers.SegmentOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="segments_create", request=serializers.SegmentInput,
        responses={201: serializers.SegmentDetailOutput},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Keeps the rule and queues its first count; mistakes are told by node."""
        body = _input(serializers.SegmentInput, request)
        segment = services.create_segment(
            name=body["name"], tree=body["tree"], actor=Actor.of(request)
        )
        data = serializers.SegmentDetailOutput(segment).data
        return Response(data, status=status.HTTP_201_CREATED)


class SegmentDetailView(APIView):
    scopes = {"GET": Scope.SEGMENTS_READ, "PATCH": Scope.SEGMENTS_WRITE}

    @extend_schema(operation_id="segment", responses=serializers.SegmentDetailOutput)
    def get(self, _request: Request, public_id: UUID) -> Response:
        segment = selectors.segment_by(public_id)
        return Response(serializers.SegmentDetailOutput(segment).data)

    @extend_schema(
        operation_id="segments_update", request=serializers.SegmentChange,
        responses=serializers.SegmentDetailOutput,
    )  # fmt: skip
    def patch(self, request: Request, public_id: UUID) -> Response:
        body = _input(serializers.SegmentChange, request)
        actor = Actor.of(request)
        if "name" in body or "tree" in body:
            services.update_segment(
                public_id=public_id, name=body.get("name"), tree=body.get("tree"),
                version=body.get("version"), actor=actor,
            )  # fmt: skip
        if "is_archived" in body:
            services.archive_segment(public_id=public_id, archived=body["is_archived"], actor=actor)
        segment = selectors.segment_by(public_id)
        return Response(serializers.SegmentDetailOutput(segment).data)


class SegmentRefreshView(APIView):
    scopes = {"POST": Scope.SEGMENTS_WRITE}

    @extend_schema(
        operation_id="segments_refresh", request=None,
        responses={202: serializers.SegmentOutput},
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        """Queues a count; its state is in the segment."""
        segment = services.request_refresh(public_id=public_id, actor=Actor.of(request))
        data = serializers.SegmentOutput(segment).data
        return Response(data, status=status.HTTP_202_ACCEPTED)


class SegmentMembersView(GenericAPIView[SegmentMember]):
    """Members as of the last refresh, by cursor; the order is stable while members come and go."""

    scopes = {"GET": Scope.SEGMENTS_READ}
    serializer_class = serializers.MemberOutput
    pagination_class = ByCustomer

    def get_queryset(self) -> QuerySet[SegmentMember]:
        return selectors.members_of(selectors.segment_by(self.kwargs["public_id"]))

    @extend_schema(operation_id="segment_members")
    def get(self, _request: Request, public_id: UUID) -> Response:
        """Of the company's own keys only: the agency works with groups, not with their people."""
        del public_id
        if not sight.is_exact():
            raise Forbidden(_("A key made by the agency does not see who is in a segment."))
        page = self.paginate_queryset(self.get_queryset()) or []
        ids = [member.customer_id for member in page]
        known = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "public_id"))
        rows = [
            {"customer": known[member.customer_id], "joined_at": member.joined_at}
            for member in page
            if member.customer_id in known
        ]
        return self.get_paginated_response(serializers.MemberOutput(rows, many=True).data)


class SegmentCountView(APIView):
    """How many a rule would select now; nothing is kept."""

    scopes = {"POST": Scope.SEGMENTS_READ}

    @extend_schema(
        operation_id="segments_count", request=serializers.TreeInput,
        responses=serializers.CountOutput,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        tree = _input(serializers.TreeInput, request)["tree"]
        errors = services.errors_of(tree)
        if errors:
            raise services.InvalidTree(errors)
        shown = selectors.shown_tree(tree)
        return Response(serializers.CountOutput(selectors.count_tree(shown)).data)


class SegmentSchemaView(APIView):
    scopes = {"GET": Scope.SEGMENTS_READ}

    @extend_schema(operation_id="segments_schema", responses=OpenApiTypes.OBJECT)
    def get(self, _request: Request) -> Response:
        """The JSON Schema of the rule language, version 1."""
        return Response(published.build_schema())
