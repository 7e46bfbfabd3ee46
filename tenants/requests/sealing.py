"""What is written in a request, sealed with the tenant's own key of requests.

Not with the customer's key: the file of a request proves the answer for three years (specification
7.3), longer than the customer's data live; erasure empties it instead.
"""

import json
from dataclasses import asdict
from uuid import UUID

from cvm_platform.common import crypto
from cvm_platform.common.errors import InvalidInput
from tenants.audit import watch
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.requests.contracts import Applicant
from tenants.requests.models import SubjectRequest
from tenants.tenancy.keys import tenant_key
from tenants.tenancy.selectors import current_tenant

_KEY, _FILES = "requests", "request-files"


def _context(public_id: UUID, what: str) -> bytes:
    return f"{what}:{public_id}".encode()


def seal_text(public_id: UUID, what: str, text: str) -> bytes:
    return crypto.seal(tenant_key(current_tenant(), _KEY), text.encode(), _context(public_id, what))


def open_text(public_id: UUID, what: str, sealed: bytes | memoryview | None) -> str:
    """Empty where nothing is kept. Raises: crypto.Unreadable."""
    if not sealed:
        return ""
    key = tenant_key(current_tenant(), _KEY)
    return crypto.unseal(key, bytes(sealed), _context(public_id, what)).decode()


def seal_applicant(public_id: UUID, applicant: Applicant) -> bytes:
    text = json.dumps(asdict(applicant), ensure_ascii=False)
    return seal_text(public_id, "applicant", text)


def applicant_of(request: SubjectRequest) -> Applicant:
    """Who asks, in the clear; noted for the processing log."""
    watch.note_opened([request.customer_id or 0], "request")
    text = open_text(request.public_id, "applicant", request.applicant_sealed)
    return Applicant(**json.loads(text)) if text else Applicant()


def answer_of(request: SubjectRequest) -> str:
    return open_text(request.public_id, "answer", request.answer_sealed)


def seal_file(public_id: UUID, content: bytes) -> bytes:
    return crypto.seal(tenant_key(current_tenant(), _FILES), content, _context(public_id, "file"))


def open_file(public_id: UUID, sealed: bytes) -> bytes:
    """Raises: crypto.Unreadable."""
    return crypto.unseal(tenant_key(current_tenant(), _FILES), sealed, _context(public_id, "file"))


def contact_hmacs(applicant: Applicant) -> list[str]:
    """Blind indexes of what the applicant can be reached by.

    Raises:
        InvalidInput: an e-mail or a phone is malformed.
    """
    vault, found = Vault(current_tenant()), []
    if applicant.email:
        try:
            found.append(vault.email_hmac(normalise_email(applicant.email)).hex())
        except InvalidInput as error:
            raise InvalidInput(error.message, fields={"email": error.message}) from error
    if applicant.phone:
        try:
            found.append(vault.phone_hmac(normalise_phone(applicant.phone)).hex())
        except InvalidInput as error:
            raise InvalidInput(error.message, fields={"phone": error.message}) from error
    return found


def document_hash(number: str) -> str:
    """Of a document's number: says whether it is the same one again and nothing else."""
    if not number.strip():
        return ""
    plain = "".join(number.split()).upper()
    return crypto.blind_index(tenant_key(current_tenant(), "documents"), plain).hex()
