"""Events and orders over the API: batches in, cursor pages out."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.events.bodies import EventsBody, OrdersBody
from analytics.events.intake import take_events, take_orders
from analytics.events.models import Event, Order
from analytics.events.selectors import events_for, orders_for
from analytics.events.serializers import EventOutput, IntakeOutput, OrderOutput
from cvm_platform.common.bodies import decode, request_of
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope


class NewestFirst(CursorPagination):
    ordering = ("-ts", "-customer_id", "-event_id")


class NewestOrdersFirst(CursorPagination):
    ordering = ("-ts", "-id")


class EventsView(GenericAPIView[Event]):
    scopes = {"GET": Scope.EVENTS_READ, "POST": Scope.EVENTS_WRITE}
    serializer_class = EventOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Event]:
        return events_for(
            customer=self.request.query_params.get("customer", ""),
            kind=self.request.query_params.get("name", ""),
        )

    @extend_schema(
        operation_id="events_list",
        parameters=[OpenApiParameter("customer", str), OpenApiParameter("name", str)],
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(EventOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="events_send", request=request_of(EventsBody), responses={202: IntakeOutput}
    )
    def post(self, request: Request) -> Response:
        """Up to 10,000 events. A repeated key is counted and dropped; unknown customers and bad
        times go to quarantine and are counted by reason: nothing is lost silently.
        """
        report = take_events(decode(request.body, EventsBody))
        return Response(_said(report), status=status.HTTP_202_ACCEPTED)


class OrdersView(GenericAPIView[Order]):
    scopes = {"GET": Scope.ORDERS_READ, "POST": Scope.ORDERS_WRITE}
    serializer_class = OrderOutput
    pagination_class = NewestOrdersFirst

    def get_queryset(self) -> QuerySet[Order]:
        return orders_for(customer=self.request.query_params.get("customer", ""))

    @extend_schema(operation_id="orders_list", parameters=[OpenApiParameter("customer", str)])
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(OrderOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="orders_send", request=request_of(OrdersBody), responses={202: IntakeOutput}
    )
    def post(self, request: Request) -> Response:
        """Up to 2,000 orders, added or replaced by (source, external_id)."""
        report = take_orders(decode(request.body, OrdersBody))
        return Response(_said(report), status=status.HTTP_202_ACCEPTED)


def _said(report: Any) -> dict[str, Any]:
    return dict(IntakeOutput(report).data)
