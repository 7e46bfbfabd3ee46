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
from campaigns.broadcasts.contracts import Estimate
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
    last = selectors.last_preparation(broadcast)
    return {
        **serializers.BroadcastOutput(broadcast).data,
        "counts": asdict(counts) if counts is not None else None,
        "estimate": _numbers(broadcast),
        "preparation": serializers.PreparationOutput(last).data if last is not None else None,
    }


def _numbers(broadcast: Broadcast) -> dict[str, Any] | None:
    estimate = Estimate.from_json(broadcast.estimate)
    if estimate is None:
        return None
    data = estimate.to_json()
    if estimate.power is not None:
        data["power"]["is_hopeless"] = estimate.power.is_hopeless
    return data


def _in_the_background(broadcast: Broadcast) -> Response | None:
    """202 with the state, while it is being prepared."""
    if broadcast.status != Broadcast.Status.PREPARING:
        return None
    return Response(_detail(broadcast.public_id), status=status.HTTP_202_ACCEPTED)


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
        operation_id="broadcasts_estimate", request=None,
        responses={200: serializers.EstimateOutput, 202: serializers.BroadcastDetailOutput},
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        """Counts who gets the letter and who not, each person once by the first reason.

        200 with the numbers; in a large company 202 at once: the broadcast is `preparing`, cannot
        be changed, and is a `draft` again when it is done. Then its `estimate` has the numbers,
        or its `preparation` the error. `cancel` makes it a draft before.
        """
        broadcast = services.request_estimate(public_id=public_id, actor=Actor.of(request))
        return _in_the_background(broadcast) or Response(_numbers(broadcast))


class BroadcastStartView(APIView):
    scopes = {"POST": Scope.BROADCASTS_SEND}

    @extend_schema(
        operation_id="broadcasts_start", request=serializers.StartInput,
        responses={200: serializers.BroadcastDetailOutput, 202: serializers.BroadcastDetailOutput},
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        """Fixes the audience, draws the control group, begins to send; all of it or nothing.

        200 when it sends; in a large company 202 at once: the broadcast is `preparing`, then
        `sending`; or a `draft` again, and its `preparation` says why (`numbers_changed`, for
        instance: the new ones are in `estimate`). A second start meanwhile is 409. The same
        Idempotency-Key gives the same 202 again, so starting after a failure needs another key.
        """
        body = _input(serializers.StartInput, request)
        broadcast = services.request_start(
            public_id=public_id, actor=Actor.of(request), expected=body.get("expected")
        )
        return _in_the_background(broadcast) or Response(_detail(public_id))


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
        """For good; everybody not written to yet is counted as cancelled.

        What is only `preparing` becomes a draft again; 409 `too_late` in its last seconds.
        """
        services.cancel_broadcast(public_id=public_id, actor=Actor.of(request))
        return Response(_detail(public_id))
