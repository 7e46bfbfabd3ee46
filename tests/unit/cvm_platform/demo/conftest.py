from datetime import date

import numpy as np
import pytest

from cvm_platform.demo.coffee import CoffeeShop
from cvm_platform.demo.coffee.streams import Bools

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def shop() -> CoffeeShop:
    """More than one block, so that block edges are walked over."""
    return CoffeeShop(today=TODAY, seed=7, customers=6_500)


@pytest.fixture(scope="session")
def treated(shop: CoffeeShop) -> Bools:
    """Nine in ten, as an outside assignment would draw them."""
    return np.random.default_rng(3).random(shop.customers) < 0.9
