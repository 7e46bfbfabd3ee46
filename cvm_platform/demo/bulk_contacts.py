"""Names and addresses of a block, sealed as the product seals them and written by COPY."""

from functools import lru_cache
from typing import Any

from cvm_platform.common import bulk
from cvm_platform.demo.coffee.streams import Columns
from tenants.customers.sealing import Vault, name_json
from tenants.tenancy.models import Tenant

_POINT = ("customer_id", "kind", "sealed", "address_hmac", "last4", "provider", "status",
          "is_primary")  # fmt: skip
_IDENTITY = ("person_id", "kind", "namespace", "key", "is_verified")
_FIELDS = ("customer_no", "first_name", "last_name", "email", "phone")


class Sealer:
    """Addresses of the generator are normalised already."""

    def __init__(self, tenant: Tenant) -> None:
        self._vault = Vault(tenant)
        # a few hundred names make tens of thousands of pairs; every index of a word is an HMAC
        self._tokens = lru_cache(maxsize=100_000)(self._vault.name_tokens)

    def write(self, people: Columns) -> dict[str, bytes]:
        """Writes keys, contact points, identities and names; returns the blind indexes."""
        vault, hmacs = self._vault, dict[str, bytes]()
        keys: list[Any] = []
        points: list[Any] = []
        identities: list[Any] = []
        names: list[Any] = []
        shares: dict[int, bytes] = {}
        for number, first, last, email, phone in zip(
            *(people[field].tolist() for field in _FIELDS), strict=True
        ):
            key, wrapped, shares[number] = vault.new_wrapped_key()
            keys.append((number, wrapped, True))
            spoken = name_json(first, last, "")
            tokens = [*self._tokens(f"{first} {last}"), vault.name_mark(spoken)]
            names.append((number, vault.seal(key, number, spoken), tokens))
            if email:
                hmacs[email] = vault.email_hmac(email)
                provider = email.rpartition("@")[2]
                sealed = vault.seal(key, number, email)
                points.append(
                    (number, "email", sealed, hmacs[email], None, provider, "active", True)
                )
                identities.append((number, "email", "", hmacs[email].hex(), False))
            if phone:
                hmacs[phone] = vault.phone_hmac(phone)
                sealed, last4 = vault.seal(key, number, phone), vault.last4_index(phone)
                points.append((number, "phone", sealed, hmacs[phone], last4, "", "active", True))
                identities.append((number, "phone", "", hmacs[phone].hex(), False))
        bulk.copy_rows("customers_datakey", ("customer_id", "wrapped", "is_split"), keys)
        vault.keep_shares(shares)
        bulk.copy_rows("customers_contactpoint", _POINT, points)
        bulk.copy_rows("customers_identity", _IDENTITY, identities)
        bulk.copy_rows("customers_personalname", ("customer_id", "sealed", "tokens"), names)
        return hmacs
