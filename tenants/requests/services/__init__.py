"""The one door for requests of people."""

from tenants.requests.services.answering import answer, is_address_sure, mark_notified, rectify
from tenants.requests.services.clocks import recount_terms
from tenants.requests.services.confirming import confirm, receive_public
from tenants.requests.services.destroying import begin_destruction
from tenants.requests.services.extending import extend
from tenants.requests.services.files import (
    ask_file,
    destroy_files,
    expire_files,
    make_file,
    read_file,
)
from tenants.requests.services.finding import find
from tenants.requests.services.forwarding import forward
from tenants.requests.services.identity import ask_for_identity, check_identity
from tenants.requests.services.registering import register

__all__ = [
    "answer",
    "ask_file",
    "ask_for_identity",
    "begin_destruction",
    "check_identity",
    "confirm",
    "destroy_files",
    "expire_files",
    "extend",
    "find",
    "forward",
    "is_address_sure",
    "make_file",
    "mark_notified",
    "read_file",
    "receive_public",
    "recount_terms",
    "rectify",
    "register",
]
