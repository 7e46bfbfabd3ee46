"""Screens of requests: the officer's desk, one request, the public form."""

from tenants.requests.views.desk import desk, register_find, register_new
from tenants.requests.views.detail import (
    request_act,
    request_detail,
    request_files,
    request_notice,
)
from tenants.requests.views.files import file_download
from tenants.requests.views.public import policy, public_confirm, public_form, public_sent

__all__ = [
    "desk",
    "file_download",
    "policy",
    "public_confirm",
    "public_form",
    "public_sent",
    "register_find",
    "register_new",
    "request_act",
    "request_detail",
    "request_files",
    "request_notice",
]
