"""Which tables are chained: each app names its own append-only rows once, at start.

A table of a stream has `id`, `at` and `seal_number`; `columns` is everything that must not change.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    table: str
    columns: tuple[str, ...]
    at: str = "at"  # the column with the time of the row


_streams: dict[str, Stream] = {}


def add_stream(stream: Stream) -> None:
    _streams[stream.name] = stream


def streams() -> list[Stream]:
    return [_streams[name] for name in sorted(_streams)]


def stream_named(name: str) -> Stream:
    return _streams[name]
