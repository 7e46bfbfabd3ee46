"""How scores forget a person."""

from tenants.erasure.contracts import Eraser, Means
from tenants.erasure.registry import add_eraser


def register() -> None:
    add_eraser(
        Eraser("features.RfmScore", Means.DELETE, ("scores",), "features_rfmscore", order=15)
    )
