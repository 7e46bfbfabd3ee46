"""A simulated coffee-and-tea chain. Everything in it is invented, and so labelled on screen."""

from cvm_platform.demo.coffee.baskets import Orders
from cvm_platform.demo.coffee.browsing import KIND_NAMES
from cvm_platform.demo.coffee.campaign import EFFECT_DAYS, Truth
from cvm_platform.demo.coffee.shop import CoffeeShop

__all__ = ["EFFECT_DAYS", "KIND_NAMES", "CoffeeShop", "Orders", "Truth"]
