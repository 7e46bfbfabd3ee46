"""Imports over the API: send a file, follow it, fetch what was refused."""

from typing import cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.sources import selectors, services
from analytics.sources.models import ImportJob
from analytics.sources.serializers import ImportInput, ImportOutput
from tenants.accounts.contracts import Scope
from tenants.audit.services import Actor


def _job(public_id: UUID) -> ImportJob:
    job = selectors.import_by_public_id(public_id)
    if job is None:
        raise Http404
    return job


def _actor(request: Request) -> Actor:
    return Actor.of(cast("HttpRequest", request))  # DRF's request carries the key in `auth`


class ImportsView(GenericAPIView[ImportJob]):
    scopes = {"GET": Scope.IMPORTS_READ, "POST": Scope.IMPORTS_WRITE}
    serializer_class = ImportOutput
    parser_classes = [MultiPartParser]
    queryset = ImportJob.objects.none()

    @extend_schema(operation_id="imports_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.imports())
        return self.get_paginated_response(ImportOutput(page or [], many=True).data)

    @extend_schema(operation_id="imports_send", request=ImportInput, responses={202: ImportOutput})
    def post(self, request: Request) -> Response:
        """A file of orders or customers; checked whole, then loaded whole or not at all."""
        sent = ImportInput(data=request.data)
        sent.is_valid(raise_exception=True)
        options = dict(sent.validated_data)
        file, kind = options.pop("file"), options.pop("kind")
        options["auto_start"] = options.pop("start")
        actor = _actor(request)
        job = services.create_import(
            kind=kind, file_name=file.name, content=file.file, actor=actor, options=options
        )
        services.configure_import(job=job, actor=actor, options={})
        return Response(ImportOutput(job).data, status=status.HTTP_202_ACCEPTED)


class ImportView(APIView):
    scopes = {"GET": Scope.IMPORTS_READ}

    @extend_schema(operation_id="import", responses=ImportOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(ImportOutput(_job(public_id)).data)


class ImportStartView(APIView):
    scopes = {"POST": Scope.IMPORTS_WRITE}

    @extend_schema(operation_id="import_start", request=None, responses={202: ImportOutput})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Loads a file that was sent with start=false and is checked."""
        actor = _actor(request)
        job = services.start_import(job=_job(public_id), actor=actor)
        return Response(ImportOutput(job).data, status=status.HTTP_202_ACCEPTED)


class ImportCancelView(APIView):
    scopes = {"POST": Scope.IMPORTS_WRITE}

    @extend_schema(operation_id="import_cancel", request=None, responses={202: ImportOutput})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Nothing of a cancelled import stays."""
        job = _job(public_id)
        actor = _actor(request)
        services.cancel_import(job=job, actor=actor)
        job.refresh_from_db()
        return Response(ImportOutput(job).data, status=status.HTTP_202_ACCEPTED)


class ImportRejectsView(APIView):
    scopes = {"GET": Scope.IMPORTS_READ}

    @extend_schema(
        operation_id="import_rejects", responses={(200, "text/csv"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """The refused rows with their numbers and reasons, as CSV."""
        job = _job(public_id)
        if not job.rejects_path:
            raise Http404
        answer = FileResponse(
            default_storage.open(job.rejects_path), as_attachment=True,
            filename=f"rejected-{job.public_id}.csv", content_type="text/csv; charset=utf-8",
        )  # fmt: skip
        return cast("Response", answer)
