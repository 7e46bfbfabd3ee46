"""Letters over the API: their ids, for broadcasts made by machines."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.channels.models import EmailTemplate
from campaigns.channels.selectors import templates
from cvm_platform.common.pagination import CursorPagination
from tenants.accounts.contracts import Scope


class TemplateOutput(serializers.ModelSerializer[EmailTemplate]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = EmailTemplate
        fields = ("id", "name", "message_class", "subject", "version", "updated_at")
        read_only_fields = fields


class TemplateListView(GenericAPIView[EmailTemplate]):
    scopes = {"GET": Scope.BROADCASTS_READ}
    serializer_class = TemplateOutput
    pagination_class = CursorPagination

    def get_queryset(self) -> QuerySet[EmailTemplate]:
        return templates()

    @extend_schema(operation_id="templates_list")
    def get(self, request: Request, **_: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TemplateOutput(page or [], many=True).data)
