"""The digest of a row, computed where the rows are."""

from tenants.audit.registry import Stream


def digest_sql(stream: Stream, alias: str = "t") -> str:
    """SHA-256 of the row as a JSON array; times as microseconds, so that no setting matters."""
    columns = [f"{alias}.id", f"(extract(epoch FROM {alias}.{stream.at}) * 1000000)::bigint"]
    columns += [f"{alias}.{name}" for name in stream.columns]
    return f"sha256(convert_to(jsonb_build_array({', '.join(columns)})::text, 'UTF8'))"
