"""How requests forget a person: documents go, the proof that he was answered stays."""

from django.utils.translation import gettext_lazy as _

from tenants.erasure.contracts import Eraser, Means
from tenants.erasure.registry import add_eraser
from tenants.requests.services import destroy_files


def register() -> None:
    add_eraser(
        Eraser("requests.SubjectRequest", Means.KEEP, ("requests",), "requests_subjectrequest",
               basis=_("Proof that the request was answered, 152-FZ art. 14 and 21"))
    )  # fmt: skip
    add_eraser(
        Eraser("requests.files", Means.DELETE, ("requests",), order=20,
               run=lambda people: destroy_files(customer_ids=[one.customer_id for one in people]))
    )  # fmt: skip
