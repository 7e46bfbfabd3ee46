"""Broadcasts over the API: the same services, checks and counts as on the screen."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from campaigns.broadcasts import selectors, serializers, services
from campaigns.broadcasts.models import Broadcast
from campaigns.delivery.selectors import dispatch_counts
from cvm_platform.common.errors import InvalidInput, NotFound
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope
from tenants.audit.services import Actor


def _input(
    kind: type[Serializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    form = kind(data=request.data, partial=partial)
    form.is_valid(raise_exception=True)
    checked: dict[str, Any] = form.validated_data
    return checked


def _values(body: dict[str, Any]) -> dict[str, Any]:
    """Public ids become our own; an unknown one is named."""
    values = dict(body)
    places: dict[str, tuple[QuerySet[Any], str]] = {
        "segment": (selectors.usable_segments(), "public_id"),
        "template": (selectors.usable_templates(), "public_id"),
        "sender": (selectors.senders(), "email"),
    }
    for name, (queryset, field) in places.items():
        if name not in values:
            continue
        given = values.pop(name)
        found = queryset.filter(**{field: given}).first() if given is not None else None
        if given is not None and found is None:
            text = _("There is none with this id.")
            raise InvalidInput(text, fields={name: text})
        values[f"{name}_id"] = found.pk if found is not None else None
    return values


def _detail(public_id: UUID) -> dict[str, Any]:
    broadcast = selectors.broadcast_by_public_id(public_id)
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    counts = dispatch_counts(broadcast.dispatch_id) if broadcast.dispatch_id else None
    return {
        **serializers.BroadcastOutput(broadcast).data,
        "counts": asdict(counts) if counts is not None else None,
    }


class BroadcastListView(GenericAPIView[Broadcast]):
    scopes = {"GET": Scope.BROADCASTS_READ, "POST": Scope.BROADCASTS_WRITE}
    serializer_class = serializers.BroadcastOutput
    pagination_class = CursorPagination

    def get_queryset(self) -> QuerySet[Broadcast]:
        found = selectors.broadcasts(status=self.request.query_params.get("status", ""))
        return found.select_related("sender")

    @extend_schema(operation_id="broadcasts_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(serializers.BroadcastOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="broadcasts_create", request=serializers.BroadcastInput,
        responses={201: serializers.BroadcastDetailOutput},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """A draft: nothing is sent before it is started."""
        values = _values(_input(serializers.BroadcastInput, request))
        broadcast = services.create_broadcast(actor=Actor.of(request), **values)
        return Response(_detail(broadcast.public_id), status=status.HTTP_201_CREATED)


class BroadcastDetailView(APIView):
    scopes = {
        "GET": Scope.BROADCASTS_READ,
        "PATCH": Scope.BROADCASTS_WRITE,
        "DELETE": Scope.BROADCASTS_WRITE,
    }

    @extend_schema(operation_id="broadcast", responses=serializers.BroadcastDetailOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """With the counts of the sending once it was started."""
        return Response(_detail(public_id))

    @extend_schema(
        operation_id="broadcasts_update", request=serializers.BroadcastInput,
        responses=serializers.BroadcastDetailOutput,
    )  # fmt: skip
    def patch(self, request: Request, public_id: UUID) -> Response:
        values = _values(_input(serializers.BroadcastInput, request, partial=True))
        services.update_broadcast(public_id=public_id, actor=Actor.of(request), **values)
        return Response(_detail(public_id))

    @extend_schema(operation_id="broadcasts_delete", responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Drafts only."""
        services.delete_broadcast(public_id=public_id, actor=Actor.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BroadcastEstimateView(APIView):
    scopes = {"POST": Scope.BROADCASTS_WRITE}

    @extend_schema(
        operation_id="broadcasts_estimate", request=None, responses=serializers.EstimateOutput
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Counts who gets the letter and who not, each person once by the first reason."""
        estimate = services.estimate_audience(public_id=public_id)
        data = estimate.to_json()
        if estimate.power is not None:
            data["power"]["is_hopeless"] = estimate.power.is_hopeless
        return Response(data)


class BroadcastStartView(APIView):
    scopes = {"POST": Scope.BROADCASTS_SEND}

    @extend_schema(
        operation_id="broadcasts_start", request=serializers.StartInput,
        responses=serializers.BroadcastDetailOutput,
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        body = _input(serializers.StartInput, request)
        services.start_broadcast(
            public_id=public_id, actor=Actor.of(request), expected=body.get("expected")
        )
        return Response(_detail(public_id))


class BroadcastPauseView(APIView):
    scopes = {"POST": Scope.BROADCASTS_SEND}

    @extend_schema(
        operation_id="broadcasts_pause", request=None, responses=serializers.BroadcastDetailOutput
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        services.pause_broadcast(public_id=public_id, actor=Actor.of(request))
        return Response(_detail(public_id))


class BroadcastResumeView(APIView):
    scopes = {"POST": Scope.BROADCASTS_SEND}

    @extend_schema(
        operation_id="broadcasts_resume", request=None, responses=serializers.BroadcastDetailOutput
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        services.resume_broadcast(public_id=public_id, actor=Actor.of(request))
        return Response(_detail(public_id))


class BroadcastCancelView(APIView):
    scopes = {"POST": Scope.BROADCASTS_SEND}

    @extend_schema(
        operation_id="broadcasts_cancel", request=None, responses=serializers.BroadcastDetailOutput
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """For good; everybody not written to yet is counted as cancelled."""
        services.cancel_broadcast(public_id=public_id, actor=Actor.of(request))
        return Response(_detail(public_id))
