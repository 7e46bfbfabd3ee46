"""Customers over the API. Personal data goes in and never comes out."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.profiles import selectors
from analytics.profiles.bodies import CustomersBody
from analytics.profiles.intake import take_customers
from analytics.profiles.serializers import (
    CustomerDetailOutput,
    CustomerOutput,
    CustomersReportOutput,
    StatsOutput,
)
from cvm_platform.common.bodies import decode, request_of
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope
from tenants.customers.models import Customer
from tenants.customers.selectors import customer_by_public_id


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")


class CustomersView(GenericAPIView[Customer]):
    scopes = {"GET": Scope.CUSTOMERS_READ, "POST": Scope.CUSTOMERS_WRITE}
    serializer_class = CustomerOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    @extend_schema(operation_id="customers_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(CustomerOutput(page or [], many=True).data)

    @extend_schema(
        operation_id="customers_send", request=request_of(CustomersBody),
        responses={200: CustomersReportOutput},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Up to 2,000 customers with consents, added or changed by id, e-mail or phone."""
        report = take_customers(decode(request.body, CustomersBody))
        return Response(CustomersReportOutput(report).data, status=status.HTTP_200_OK)


class CustomerView(APIView):
    scopes = {"GET": Scope.CUSTOMERS_READ}

    @extend_schema(operation_id="customer", responses=CustomerDetailOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        customer = customer_by_public_id(public_id)
        if customer is None:
            raise Http404
        stats = selectors.stats_of(customer.pk)
        data = CustomerOutput(customer).data
        return Response({**data, "stats": StatsOutput(stats).data if stats else None})
