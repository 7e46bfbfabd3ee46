"""What agency staff see of personal data: masked on the server, never in the browser.

Forms follow the specification of masking: name «Иван П.» is shown as its first letters, e-mail
`a•••@d•••.ru`, phone `+7 9•• •••-••-67`.
"""

import json

DOTS = "•" * 5
SHORT_DOTS = "•" * 3


def mask_email(address: str) -> str:
    """First letter of the box and of the domain, and the last label."""
    box, _at, domain = address.partition("@")
    name, _dot, zone = domain.rpartition(".")
    return f"{box[:1]}{SHORT_DOTS}@{name[:1]}{SHORT_DOTS}.{zone}" if name else DOTS


def mask_phone(number: str) -> str:
    """Country, first digit and the last two of a number in E.164."""
    if len(number) < 8:
        return DOTS
    return f"{number[:-10] or '+'} {number[-10]}•• •••-••-{number[-2:]}".replace("++", "+")


def full_name(sealed_json: str) -> str:
    parts = json.loads(sealed_json)
    words = [parts.get("first", ""), parts.get("last", "")]
    return " ".join(word for word in words if word)


def mask_name(sealed_json: str) -> str:
    """First letters only: "О••••• К•••••"."""
    return " ".join(word[:1] + DOTS for word in full_name(sealed_json).split())


def mask_contact(kind: str, value: str) -> str:
    return mask_email(value) if kind == "email" else mask_phone(value)
