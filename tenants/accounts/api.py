"""Companies over the API, at the agency's own host and with a key of the agency."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.accounts import onboarding
from tenants.accounts.contracts import Scope
from tenants.accounts.services import SYSTEM
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import client_tenants


class CompanyInput(serializers.Serializer[Any]):
    """`slug` is the sub-domain; `assumed_margin_bp` in hundredths of a percent."""

    slug = serializers.CharField(max_length=32)
    name = serializers.CharField(max_length=200)
    plan = serializers.CharField(default="foundation")
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", default="RUB")
    timezone = serializers.CharField(default="Europe/Moscow")
    industry = serializers.CharField(default="", allow_blank=True, max_length=100)
    assumed_margin_bp = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=10_000
    )


class CompanyOutput(serializers.ModelSerializer[Tenant]):
    id = serializers.UUIDField(source="public_id")
    domain = serializers.SerializerMethodField()

    class Meta:
        model = Tenant
        fields = ["id", "name", "domain", "plan", "status", "currency", "timezone", "industry",
                  "created_at"]  # fmt: skip

    def get_domain(self, tenant: Tenant) -> str:
        primary = tenant.domains.filter(is_primary=True).first()
        return str(primary.domain) if primary else ""


class CompaniesView(APIView):
    scopes = {"GET": Scope.COMPANIES_READ, "POST": Scope.COMPANIES_WRITE}

    @extend_schema(operation_id="companies_list", responses=CompanyOutput(many=True))
    def get(self, request: Request) -> Response:
        tenants = client_tenants().prefetch_related("domains").order_by("name")
        return Response(CompanyOutput(tenants, many=True).data)

    @extend_schema(
        operation_id="companies_open", request=CompanyInput, responses={201: CompanyOutput}
    )
    def post(self, request: Request) -> Response:
        given = CompanyInput(data=request.data)
        given.is_valid(raise_exception=True)
        tenant = onboarding.open_company(by=SYSTEM, **given.validated_data)
        return Response(CompanyOutput(tenant).data, status=status.HTTP_201_CREATED)
