"""Channels over the API: what may be used now, so that a machine does not try in vain."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.accounts.contracts import Scope
from tenants.channel_law import selectors
from tenants.channel_law.contracts import CHANNELS


class VerdictOutput(serializers.Serializer[Any]):
    allowed = serializers.BooleanField()
    code = serializers.CharField(help_text="B_CHANNEL_LAW, B_CROSS_BORDER or empty.")
    sentence = serializers.CharField(help_text="Why, for people.")
    missing = serializers.ListField(child=serializers.CharField())
    until = serializers.DateField(allow_null=True, help_text="Last day of this answer.")


class ChannelOutput(serializers.Serializer[Any]):
    channel = serializers.CharField()
    name = serializers.CharField()
    advertising = VerdictOutput()
    service = VerdictOutput()


class ChannelsView(APIView):
    scopes = {"GET": Scope.BROADCASTS_READ}

    @extend_schema(operation_id="channels_list", responses=ChannelOutput(many=True))
    def get(self, _request: Request) -> Response:
        """Which channels the law leaves open for the company today, and what the others lack."""
        rows = [
            {"channel": channel, "name": str(CHANNELS[channel]), **verdicts}
            for channel, verdicts in selectors.all_verdicts().items()
        ]
        return Response(ChannelOutput(rows, many=True).data)
