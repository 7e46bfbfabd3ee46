"""How measurements forget a person: his row stays in its group, under a number of nobody."""

from tenants.erasure.contracts import Eraser, Means
from tenants.erasure.registry import add_eraser


def register() -> None:
    add_eraser(
        Eraser("experiments.Assignment", Means.STAND_IN, ("experiments",),
               "experiments_assignment", order=30)
    )  # fmt: skip
