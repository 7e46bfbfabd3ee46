"""Results over the API: the same stored figures as on the screen."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.broadcasts.models import Broadcast
from campaigns.results import selectors
from campaigns.results.serializers import ResultOutput
from tenants.accounts.contracts import Scope


class ResultView(APIView):
    """The newest result of a broadcast; money in minor units of the tenant's currency."""

    scopes = {"GET": Scope.RESULTS_READ}

    @extend_schema(responses=ResultOutput, operation_id="broadcast_result")
    def get(self, request: Request, public_id: UUID) -> Response:
        broadcast = Broadcast.objects.filter(public_id=public_id).first()
        result = selectors.latest_result(broadcast) if broadcast else None
        if result is None:
            raise Http404
        return Response(ResultOutput(result).data)
