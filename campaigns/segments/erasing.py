"""How segments forget a person."""

from tenants.erasure.contracts import Eraser, Means
from tenants.erasure.registry import add_eraser


def register() -> None:
    add_eraser(
        Eraser("segments.SegmentMember", Means.DELETE, ("segments",), "segments_segmentmember",
               order=15)
    )  # fmt: skip
