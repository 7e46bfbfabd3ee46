"""The first leaves. Importing this package registers them, in the order of the menu."""

from campaigns.segments.leaves import numbers  # isort: skip
from campaigns.segments.leaves import orders  # isort: skip
from campaigns.segments.leaves import rfm  # isort: skip
from campaigns.segments.leaves import profile  # isort: skip
from campaigns.segments.leaves import events  # isort: skip
from campaigns.segments.leaves import contacts  # isort: skip
from campaigns.segments.leaves import segments  # isort: skip

__all__ = ["contacts", "events", "numbers", "orders", "profile", "rfm", "segments"]
