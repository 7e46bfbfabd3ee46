"""What a rule means, slow and obvious: one person at a time, straight from the definitions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories.segment_world import Person, World

Trees = Callable[[str], dict[str, Any]]
DAY = timedelta(days=1)


class Interpreter:
    def __init__(self, world: World, zone: str, trees: Trees) -> None:
        self.world = world
        self.zone = ZoneInfo(zone)
        self.trees = trees

    def members(self, tree: dict[str, Any]) -> set[int]:
        return {
            p.id for p in self.world.people if p.status == "active" and self.fits(tree["root"], p)
        }

    def fits(self, node: dict[str, Any], person: Person) -> bool:
        if "all" in node:
            return all(self.fits(child, person) for child in node["all"])
        if "any" in node:
            return any(self.fits(child, person) for child in node["any"])
        if "not" in node:
            return not any(self.fits(child, person) for child in node["not"])
        return bool(getattr(self, f"leaf_{node['leaf']}")(node, person))

    def leaf_number(self, node: dict[str, Any], person: Person) -> bool:
        stats, field = person.stats or {}, node["field"]
        if field == "average_check":
            orders = stats.get("orders", 0)
            return compare(node["is"], stats["revenue"] / orders if orders else None)
        if field.startswith("days_since_"):
            moment = stats.get(field.removeprefix("days_since_") + "_at")
            return compare(node["is"], (self.world.as_of - moment) // DAY if moment else None)
        return compare(node["is"], stats.get(field, 0))

    def leaf_orders(self, node: dict[str, Any], person: Person) -> bool:
        sums = [
            revenue
            for ts, kind, status, revenue in person.orders
            if kind == "sale" and status == "paid" and self.within(node["window"], ts)
        ]
        return counted(node, sums)

    def leaf_event(self, node: dict[str, Any], person: Person) -> bool:
        sums = [
            amount or 0
            for ts, kind, category, amount in person.events
            if kind == node["kind"]
            and ("categories" not in node or category in node["categories"])
            and self.within(node["window"], ts)
        ]
        return counted(node, sums)

    def leaf_rfm(self, node: dict[str, Any], person: Person) -> bool:
        if person.rfm is None:
            return False
        named = zip(("recency", "frequency", "monetary"), person.rfm, strict=False)
        return all(score in node[name] for name, score in named if name in node)

    def leaf_rfm_preset(self, node: dict[str, Any], person: Person) -> bool:
        return person.rfm is not None and person.rfm[3] in node["presets"]

    def leaf_profile(self, node: dict[str, Any], person: Person) -> bool:
        return text_fits(
            node, {"city": person.city, "lifecycle_stage": person.stage}[node["field"]]
        )

    def leaf_tag(self, node: dict[str, Any], person: Person) -> bool:
        has = [tag in person.tags for tag in node["values"]]
        return any(has) if node["op"] == "any" else all(has)

    def leaf_attribute(self, node: dict[str, Any], person: Person) -> bool:
        value = person.attributes.get(node["name"])
        if value is None:
            return text_fits(node, "")
        return text_fits(node, {True: "true", False: "false"}[value] if isinstance(value, bool)
                         else str(value))  # fmt: skip

    def leaf_attribute_number(self, node: dict[str, Any], person: Person) -> bool:
        value = person.attributes.get(node["name"])
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return compare(node["is"], value)

    def leaf_contactable(self, _node: dict[str, Any], person: Person) -> bool:
        as_of = self.world.as_of
        if not any(
            purpose == "PROMO_DIRECT" and status == "ACTIVE" and (end is None or end > as_of)
            for purpose, status, end in person.consents
        ):
            return False
        works = [
            (is_primary, hmac)
            for kind, status, hmac, is_primary in person.contacts
            if kind == "email" and status == "active"
        ]
        if not works:
            return False
        # the primary one, or the first
        hmac = next((hmac for is_primary, hmac in works if is_primary), works[0][1])
        return not self.suppressed(hmac) and any(
            channel == "EMAIL" and to == hmac and state == "ACTIVE" and proof != "NONE" and verified
            for channel, to, state, proof, verified in person.permissions
        )

    def leaf_segment(self, node: dict[str, Any], person: Person) -> bool:
        return self.fits(self.trees(node["segment"])["root"], person)

    def suppressed(self, hmac: bytes) -> bool:
        if hmac not in self.world.suppressed:
            return False
        until = self.world.suppressed[hmac]
        return until is None or until > self.world.as_of

    def within(self, window: dict[str, Any], ts: datetime) -> bool:
        as_of, kind = self.world.as_of, window["kind"]
        if kind == "dates":
            return window["from"] <= ts.astimezone(self.zone).date().isoformat() <= window["to"]
        if ts > as_of:
            return False
        if kind == "ever":
            return True
        if kind == "last":
            return ts > as_of - window["days"] * DAY
        return as_of - window["from_days"] * DAY < ts <= as_of - window["to_days"] * DAY


def compare(comparison: dict[str, Any], number: float | None) -> bool:
    op = comparison["op"]
    if op in {"some", "none"}:
        return (number is None) == (op == "none")
    if number is None:
        return False
    if op == "between":
        return bool(comparison["low"] <= number <= comparison["high"])
    value = comparison["value"]
    return {"ge": number >= value, "le": number <= value, "gt": number > value,
            "lt": number < value, "eq": number == value, "ne": number != value}[op]  # fmt: skip


def counted(node: dict[str, Any], sums: list[int]) -> bool:
    if not compare(node["times"], len(sums)):
        return False
    return "sum" not in node or compare(node["sum"], sum(sums))


def text_fits(node: dict[str, Any], value: str) -> bool:
    if node["op"] in {"some", "none"}:
        return (value == "") == (node["op"] == "none")
    return (value in node["values"]) == (node["op"] == "in")
