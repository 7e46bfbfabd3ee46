"""Personal values: normalised, found by blind indexes, sealed with the customer's own key."""

import json
import re
from collections.abc import Iterable, Mapping

import phonenumbers
from django.utils.translation import gettext as _

from cvm_platform.common import crypto
from cvm_platform.common.errors import InvalidInput
from tenants.audit import watch
from tenants.customers.models import DataKey
from tenants.keyring import services as keyring
from tenants.keyring.selectors import shares_of
from tenants.tenancy.keys import tenant_key, wrap_ring
from tenants.tenancy.models import Tenant

_EMAIL = re.compile(
    r"[^\s@<>(),;:\\\"\[\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]\S{0,62}"
)
_RUSSIAN_MOBILE = re.compile(r"(?:\+?7|8)(9\d{9})")
_NOT_DIGITS = re.compile(r"[\s()\-.\u00a0\u2011]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_EMAIL_LIMIT = 254  # RFC 5321
_PREFIX_FROM, _PREFIX_TO = 3, 12
_WORDS_LIMIT = 6
KEY_CONTEXT = b"customer-key"


def normalise_email(text: str) -> str:
    """Lower case, the domain in its ASCII form.

    Raises:
        InvalidInput: this is no address.
    """
    address = text.strip().lower()
    if len(address) > _EMAIL_LIMIT or not _EMAIL.fullmatch(address):
        raise InvalidInput(_("This is not an e-mail address."), code="bad_email")
    if address.isascii():
        return address
    local, _at, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise InvalidInput(_("This is not an e-mail address."), code="bad_email") from error


def normalise_phone(text: str, region: str = "RU") -> str:
    """E.164; a number without a country code is taken to be of `region`.

    Raises:
        InvalidInput: no such number can exist.
    """
    digits = _NOT_DIGITS.sub("", text)
    mobile = _RUSSIAN_MOBILE.fullmatch(digits)
    if mobile:  # 16 µs saved on nearly every row of a Russian base
        return f"+7{mobile.group(1)}"
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidInput(_("This is not a phone number."), code="bad_phone") from error
    if not phonenumbers.is_valid_number(number):
        raise InvalidInput(_("This is not a phone number."), code="bad_phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е"))[:_WORDS_LIMIT]


def _joined(one: bytes, other: bytes) -> bytes:
    """Exclusive or: either half alone says nothing of the key."""
    number = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return number.to_bytes(crypto.KEY_BYTES, "big")


class Vault:
    """Seals and finds personal values of one tenant; keys never leave it."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant_id = tenant.pk
        self._blind = tenant_key(tenant, "blind")
        self._wrap = wrap_ring(tenant)

    def email_hmac(self, email: str) -> bytes:
        """Of a normalised address."""
        return crypto.blind_index(self._blind, f"email:{email}")

    def phone_hmac(self, phone: str) -> bytes:
        """Of a number in E.164."""
        return crypto.blind_index(self._blind, f"phone:{phone}")

    def last4_index(self, phone: str) -> int:
        """Of the last four digits; weak by nature, so it only narrows a search."""
        return crypto.short_index(self._blind, f"last4:{phone[-4:]}")

    def name_tokens(self, text: str) -> list[int]:
        """Indexes of the words and of their beginnings from three letters, sorted."""
        parts = {
            word[:length]
            for word in _words(text)
            for length in {len(word), *range(_PREFIX_FROM, min(len(word), _PREFIX_TO) + 1)}
        }
        return sorted(crypto.short_index(self._blind, f"name:{part}") for part in parts)

    def search_tokens(self, text: str) -> list[int]:
        """What a name must contain to be found by `text`; empty when nothing can be searched."""
        words = [word for word in _words(text) if len(word) >= _PREFIX_FROM]
        return [crypto.short_index(self._blind, f"name:{word[:_PREFIX_TO]}") for word in words]

    def name_mark(self, name_json: str) -> int:
        """Tells an unchanged name without opening it; kept among the tokens."""
        return crypto.short_index(self._blind, f"whole:{name_json}")

    def new_wrapped_key(self) -> tuple[bytes, bytes, bytes]:
        """A fresh key of a customer: in the clear, its sealed half, its half for the keyring."""
        share, half = crypto.new_key(), crypto.new_key()
        return _joined(share, half), self.wrap(half), share

    def keep_shares(self, shares: Mapping[int, bytes]) -> None:
        """Stores the halves of new keys, by customer."""
        keyring.keep_shares(tenant_id=self._tenant_id, shares=shares)

    def wrap(self, key: bytes) -> bytes:
        """A customer's key, or its half, as it is stored."""
        return self._wrap.seal(key, KEY_CONTEXT)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self._wrap.unseal(wrapped, KEY_CONTEXT)

    def seal(self, customer_key: bytes, customer_id: int, plain: str) -> bytes:
        return crypto.seal(customer_key, plain.encode(), str(customer_id).encode())

    def customer_keys(self, customer_ids: Iterable[int]) -> dict[int, bytes]:
        """Keys that still exist, in two queries; a destroyed one is left out, either half of it."""
        rows = list(
            DataKey.objects.filter(
                customer_id__in=list(customer_ids), wrapped__isnull=False
            ).values_list("customer_id", "wrapped", "is_split")
        )
        split = [customer_id for customer_id, _wrapped, is_split in rows if is_split]
        shares = shares_of(tenant_id=self._tenant_id, customer_ids=split) if split else {}
        keys = {}
        for customer_id, wrapped, is_split in rows:
            if is_split and customer_id not in shares:
                continue
            half = self.unwrap(bytes(wrapped or b""))
            keys[customer_id] = _joined(shares[customer_id], half) if is_split else half
        return keys

    def open_many(
        self, rows: Iterable[tuple[int, int, bytes]], category: str = "contact"
    ) -> dict[int, str]:
        """Plain values by row id, from (row id, customer id, sealed).

        A customer whose key was destroyed is left out: nobody can read it any more. Whose values
        were opened, and of which category, is noted for the processing log.

        Raises:
            Unreadable: sealed by another tenant or damaged.
        """
        listed = list(rows)
        keys = self.customer_keys({customer_id for _row, customer_id, _sealed in listed})
        watch.note_opened(keys, category)
        return {
            row: crypto.unseal(keys[owner], bytes(sealed), str(owner).encode()).decode()
            for row, owner, sealed in listed
            if owner in keys
        }


def name_json(first: str, last: str, middle: str = "") -> str:
    """The plain form of a sealed name: {"first", "last", "middle"} without empty parts."""
    parts = {"first": first.strip(), "last": last.strip(), "middle": middle.strip()}
    return json.dumps({key: value for key, value in parts.items() if value}, ensure_ascii=False)
