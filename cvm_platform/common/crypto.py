"""Envelope encryption and blind indexes.

A person's key encrypts the person's values, the tenant's key wraps the person's key, the
master key wraps the tenant's key. Destroying a person's key makes backups unreadable for
that person. All of it is AES-256-GCM with a random 96-bit nonce in front of the ciphertext
(NIST SP 800-38D); sub-keys come from HKDF-SHA-256 (RFC 5869).
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class Unreadable(Exception):
    """The key does not open this ciphertext, or the ciphertext was changed."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, context: bytes = b"") -> bytes:
    """Gives nonce + ciphertext + tag; `context` must be the same at opening."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes = b"") -> bytes:
    """The plain bytes.

    Raises:
        Unreadable: wrong key, wrong context, or a damaged value.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def blind_index(key: bytes, value: str) -> bytes:
    """32 bytes that find an equal value without telling it; normalise before calling."""
    return hmac.new(key, value.encode(), hashlib.sha256).digest()


def short_index(key: bytes, value: str) -> int:
    """A signed 64-bit blind index, for arrays of search tokens."""
    return int.from_bytes(blind_index(key, value)[:8], "big", signed=True)


def decode_key(text: str) -> bytes:
    """The 32 bytes of a key written in base64.

    Raises:
        ValueError: not base64 or of another length.
    """
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"A key has {KEY_BYTES} bytes, this one has {len(key)}.")
    return key
