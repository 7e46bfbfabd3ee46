"""The assignment hash of analytics.stats.assignment, computed by PostgreSQL for whole bases.

h = first 8 bytes of SHA-256("salt|layer|version|uuid") as an unsigned number. SQL has no unsigned
64-bit type: whole columns are read as signed and taken for unsigned by NumPy; within SQL h is kept
in two halves of 32 bits. bucket = (h * 10000) >> 64 is then
(high * 10000 + ((low * 10000) >> 32)) >> 32, exactly, because high * 10000 is whole.
"""


def digest_sql(customer_uuid: str) -> str:
    """First 8 bytes; needs the parameters `salt_prefix` ("salt|layer|version|")."""
    return f"substring(sha256(convert_to(%(salt_prefix)s || {customer_uuid}::text, 'UTF8')), 1, 8)"


def bucket_sql(digest: str) -> str:
    """0..9999 of the 8 bytes in column `digest`."""
    high, low = f"substring({digest}, 1, 4)::bigint", f"substring({digest}, 5, 4)::bigint"
    return f"(({high} * 10000 + (({low} * 10000) >> 32)) >> 32)"


def salt_prefix(salt: str, layer: str, version: int) -> str:
    return f"{salt}|{layer}|{version}|"
