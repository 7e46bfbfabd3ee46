"""Money is an integer of minor units (kopecks, pence) with the tenant's currency."""

from decimal import ROUND_HALF_EVEN, Decimal

SYMBOLS = {"RUB": "₽", "GBP": "£", "EUR": "€", "USD": "$", "KZT": "₸", "BYN": "Br"}


def to_minor(amount: Decimal | str | float) -> int:
    """Minor units of a decimal amount, half to even.

    Raises:
        decimal.InvalidOperation: the text is no number.
    """
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def symbol(currency: str) -> str:
    return SYMBOLS.get(currency, currency)
