"""The gate against a slow oracle in Python: each reason alone, and thousands of mixtures."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.delivery import outbox
from campaigns.delivery.contracts import REASONS, SHARED, Cap, Claim, Policy, Quiet, Ruling
from campaigns.delivery.facts import ByPerson, ByTable
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.models import Dispatch, Message, Recipient, Slice
from campaigns.delivery.statements import rows_of
from campaigns.experiments.models import Assignment, Layer
from cvm_platform.common import bulk
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord, Suppression
from tenants.tenancy.models import Tenant

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(days=1), NOW + timedelta(days=1)
HMAC, OTHER = b"a" * 32, b"b" * 32
SHUT = {"hard_bounce", "operator_refusal", "address_changed"}
PEOPLE = "SELECT unnest(%(ids)s::bigint[]) AS customer_id"


@dataclass(frozen=True)
class Case:
    """Facts about one person; the defaults pass."""

    status: str | None = "active"  # None: no such customer
    timezone: str = ""
    # each: status, whether primary, address
    contacts: tuple[tuple[str, bool, bytes], ...] = (("active", True, HMAC),)
    age_band: str = ""
    # each: status, end
    consents: tuple[tuple[str, datetime | None], ...] = (("ACTIVE", None),)
    consent_proved: bool = True
    reconsent: bool = False  # its text does not name who works with the data now
    profiling: bool = False
    # each: status, address, whether verified, proof
    permissions: tuple[tuple[str, bytes, bool, str], ...] = (("ACTIVE", HMAC, True, "DOI_EMAIL"),)
    permission_proved: bool = True
    permission_ends: datetime | None = None
    brands: tuple[str, ...] = ("X",)
    topics: tuple[str, ...] = ()
    # each: address, end, reason
    suppressions: tuple[tuple[bytes, datetime | None, str], ...] = ()
    global_arm: tuple[str, datetime | None] | None = ("treated", None)
    local_arm: tuple[str, datetime | None] | None = ("treated", None)
    # each: state, days ago, whether advertising
    history: tuple[tuple[str, float, bool], ...] = ()


@dataclass(frozen=True)
class World:
    policy: Policy
    ruling: Ruling = field(default_factory=Ruling)


def oracle(case: Case, world: World) -> str:  # noqa: C901, PLR0911, PLR0912 the order is the point
    policy, ruling = world.policy, world.ruling
    for code in ("B_AGREEMENT", "B_RKN"):
        if code in ruling.blocked:
            return code
    if case.status != "active":
        return "B_PROFILE"
    if policy.is_advertising and (
        case.reconsent
        or not any(
            status == "ACTIVE" and (ends is None or ends > NOW) for status, ends in case.consents
        )
    ):
        return "B_PD_CONSENT"
    asks = policy.is_advertising or ruling.asks_permission
    ranked = sorted(
        enumerate(case.contacts), key=lambda x: (x[1][0] != "active", not x[1][1], x[0])
    )
    contact = ranked[0][1] if ranked else None
    if asks and contact is not None:
        in_scope = (
            (case.permission_ends is None or case.permission_ends > NOW)
            and (not policy.brand or policy.brand in case.brands)
            and (not case.topics or policy.topic in case.topics)
        )
        if not in_scope or not any(
            status == "ACTIVE" and address == contact[2] and verified and proof != "NONE"
            for status, address, verified, proof in case.permissions
        ):
            return "B_AD_PERMISSION"
        if not case.permission_proved or (policy.is_advertising and not case.consent_proved):
            return "B_EVIDENCE"
    if contact is not None and any(
        address == contact[2]
        and (until is None or until > NOW)
        and (policy.is_advertising or reason in SHUT)
        for address, until, reason in case.suppressions
    ):
        return "B_SUPPRESSED"
    if contact is None or contact[0] != "active":
        return "B_CONTACT"
    if "B_FIELDS" in ruling.blocked or (ruling.needs_profiling and not case.profiling):
        return "B_FIELDS"
    for code in ("B_CONTENT", "B_CHANNEL_LAW", "B_CROSS_BORDER", "B_AUTODECISION"):
        if code in ruling.blocked:
            return code
    if case.age_band in ({"<14", "0-13"} if ruling.admits_teens else {"<14", "0-13", "14-17"}):
        return "B_MINOR"
    if policy.is_advertising:
        for arm, layer, code in (
            (case.global_arm, policy.global_layer, "C_GLOBAL"),
            (case.local_arm, policy.local_layer, "C_LOCAL"),
        ):
            if (
                layer is not None
                and arm is not None
                and arm[0] == "control"
                and (arm[1] is None or arm[1] > NOW)
            ):
                return code
        if (
            policy.cap is not None
            and sum(
                state in {"sending", "sent", "ambiguous"} and days < policy.cap.days and advertising
                for state, days, advertising in case.history
            )
            >= policy.cap.messages
        ):
            return "B_POLICY_CAP"
    for quiet in (policy.quiet, ruling.quiet):
        if quiet is None:
            continue
        zone = (
            case.timezone
            if case.timezone in {"Asia/Vladivostok", "Europe/Moscow"}
            else ("Europe/Moscow")
        )
        local = NOW.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        start, end = quiet.start, quiet.end
        inside = start <= local < end if start < end else local >= start or local < end
        if inside:
            return "B_POLICY_QUIET"
    return ""


class Base:
    """Writes cases into the tables; everybody gets addresses of his own."""

    def __init__(self) -> None:
        self.layers = {
            code: Layer.objects.create(code=code, control_bp=1000).pk for code in ("global", "exp")
        }
        self.others = [
            Dispatch.objects.create(
                purpose="broadcast", content={}, policy=Policy(is_advertising=advertising).to_json()
            )
            for advertising in (True, False)
        ]
        self.extra: list[Dispatch] = []

    def write(self, customer_id: int, case: Case) -> None:
        def own(address: bytes) -> bytes:
            return customer_id.to_bytes(8, "big") + address

        if case.status is not None:
            Customer.objects.create(
                id=customer_id, status=case.status, timezone=case.timezone, age_band=case.age_band
            )
        for status, is_primary, address in case.contacts:
            ContactPoint.objects.create(
                customer_id=customer_id,
                kind="email",
                status=status,
                is_primary=is_primary,
                address_hmac=own(address),
                sealed=b"",
            )
        for status, ends in case.consents:
            ConsentRecord.objects.create(
                customer_id=customer_id,
                purpose="PROMO_DIRECT",
                status=status,
                expires_at=ends,
                given_at=PAST,
                evidence_id=7 if case.consent_proved else None,
                reconsent_since=PAST if case.reconsent else None,
            )
        if case.profiling:
            ConsentRecord.objects.create(
                customer_id=customer_id,
                purpose="PROMO_PROFILING",
                status="ACTIVE",
                given_at=PAST,
                evidence_id=7,
            )
        for status, address, verified, proof in case.permissions:
            AdPermission.objects.create(
                customer_id=customer_id,
                channel="EMAIL",
                status=status,
                given_at=PAST,
                address_hmac=own(address),
                verified_at=PAST if verified else None,
                identity_proof=proof,
                expires_at=case.permission_ends,
                evidence_id=7 if case.permission_proved else None,
                brands=list(case.brands),
                topics=list(case.topics),
            )
        for address, until, reason in case.suppressions:
            Suppression.objects.create(
                channel="EMAIL", address_hmac=own(address), reason=reason, since=PAST, until=until
            )
        for code, arm in (("global", case.global_arm), ("exp", case.local_arm)):
            if arm is not None:
                Assignment.objects.create(
                    customer_id=customer_id,
                    layer_id=self.layers[code],
                    arm=arm[0],
                    valid_to=arm[1],
                    assigned_at=PAST,
                )
        self._history(customer_id, case)

    def _history(self, customer_id: int, case: Case) -> None:
        for number, (state, days, advertising) in enumerate(case.history):
            while len(self.extra) <= number * 2 + 1:
                self.extra.append(
                    Dispatch.objects.create(
                        purpose="broadcast",
                        content={},
                        policy=Policy(is_advertising=len(self.extra) % 2 == 0).to_json(),
                    )
                )
            Message.objects.create(
                customer_id=customer_id,
                dispatch=self.extra[number * 2 + (not advertising)],
                slice_number=0,
                state=state,
                created_at=NOW - timedelta(days=days),
            )

    def policy(self, policy: Policy) -> Policy:
        return replace(policy, global_layer=self.layers["global"], local_layer=self.layers["exp"])


def verdicts(tenant: Tenant, world: World, customer_ids: list[int]) -> dict[int, str]:
    params = gate_params(world.policy, world.ruling, tenant=tenant, dispatch_id=0, now=NOW)
    asked = {**params, "ids": customer_ids}
    rows = rows_of(classify_sql(world.policy, world.ruling).format(audience=PEOPLE), asked)
    with bulk.one_pass():
        whole = rows_of(
            classify_sql(world.policy, world.ruling, ByTable()).format(audience=PEOPLE), asked
        )
    assert len(rows) == len(customer_ids)
    assert sorted(rows) == sorted(whole)  # address and permission too, person by person
    return {row[0]: row[4] for row in rows}


CAPPED = Policy(cap=Cap(3))
ALONE = [
    ("B_PROFILE", Case(status="blocked")),
    ("B_PROFILE", Case(status="erased")),
    ("B_PROFILE", Case(status=None)),
    ("B_PD_CONSENT", Case(consents=())),
    ("B_PD_CONSENT", Case(consents=(("ACTIVE", PAST),))),
    ("B_PD_CONSENT", Case(consents=(("ACTIVE", NOW),))),
    ("", Case(consents=(("ACTIVE", FUTURE), ("WITHDRAWN", None)))),
    ("B_PD_CONSENT", Case(consents=(("PENDING_CONFIRMATION", None),))),
    ("B_AD_PERMISSION", Case(permissions=())),
    ("B_AD_PERMISSION", Case(permissions=(("REVOKED", HMAC, True, "DOI_EMAIL"),))),
    ("B_AD_PERMISSION", Case(permissions=(("ACTIVE", OTHER, True, "DOI_EMAIL"),))),
    ("B_AD_PERMISSION", Case(permissions=(("ACTIVE", HMAC, False, "DOI_EMAIL"),))),
    ("B_AD_PERMISSION", Case(permissions=(("ACTIVE", HMAC, True, "NONE"),))),
    ("B_PD_CONSENT", Case(reconsent=True)),
    ("B_AD_PERMISSION", Case(permission_ends=PAST)),
    ("B_EVIDENCE", Case(consent_proved=False)),
    ("B_EVIDENCE", Case(permission_proved=False)),
    ("B_SUPPRESSED", Case(suppressions=((HMAC, None, "unsubscribe"),))),
    ("", Case(suppressions=((HMAC, PAST, "unsubscribe"), (OTHER, None, "unsubscribe")))),
    ("B_CONTACT", Case(contacts=())),
    ("B_CONTACT", Case(contacts=(("bounced", True, HMAC),))),
    ("", Case(contacts=(("bounced", True, OTHER), ("active", False, HMAC)))),
    ("C_GLOBAL", Case(global_arm=("control", None))),
    ("", Case(global_arm=("control", PAST))),
    ("", Case(global_arm=None, local_arm=None)),
    ("C_LOCAL", Case(local_arm=("control", FUTURE))),
    (
        "B_POLICY_CAP",
        Case(history=(("sent", 1, True), ("ambiguous", 2, True), ("sending", 6.9, True))),
    ),
    ("", Case(history=(("sent", 1, True), ("sent", 2, True), ("sent", 7.1, True)))),
    ("", Case(history=(("sent", 1, True), ("sent", 2, False), ("failed", 1, True)))),
]


@pytest.mark.parametrize(("expected", "case"), ALONE)
def test_each_reason_alone(acme: Tenant, expected: str, case: Case) -> None:
    base = Base()
    base.write(1, case)
    world = World(base.policy(CAPPED))
    assert oracle(case, world) == expected
    assert verdicts(acme, world, [1]) == {1: expected}


@pytest.mark.parametrize(
    ("quiet", "timezone", "expected"),
    [
        (Quiet("21:00", "09:00"), "", ""),  # 12:30 in Moscow
        (Quiet("12:30", "12:31"), "", "B_POLICY_QUIET"),
        (Quiet("12:00", "12:30"), "", ""),
        (Quiet("19:30", "09:00"), "Asia/Vladivostok", "B_POLICY_QUIET"),
        (Quiet("19:31", "09:00"), "Asia/Vladivostok", ""),
        (Quiet("12:00", "13:00"), "Mars/Olympus", "B_POLICY_QUIET"),  # counts by the company's
    ],
)
def test_quiet_hours_by_the_customer_s_clock(
    acme: Tenant, quiet: Quiet, timezone: str, expected: str
) -> None:
    base = Base()
    base.write(1, Case(timezone=timezone))
    assert verdicts(acme, World(base.policy(Policy(quiet=quiet))), [1]) == {1: expected}


@pytest.mark.parametrize("code", SHARED)
def test_what_the_ruling_says_holds_for_everybody(acme: Tenant, code: str) -> None:
    base = Base()
    base.write(1, Case())
    base.write(2, Case(consents=()))
    world = World(base.policy(Policy()), Ruling({code: "why"}))
    before_people = code in {"B_AGREEMENT", "B_RKN"}
    assert verdicts(acme, world, [1, 2]) == {1: code, 2: code if before_people else "B_PD_CONSENT"}


SCOPES = [
    ("B_AD_PERMISSION", Case(brands=("X",)), Policy(brand="Y"), Ruling()),
    ("", Case(brands=("X", "Y")), Policy(brand="Y"), Ruling()),
    ("B_AD_PERMISSION", Case(topics=("sale",)), Policy(topic="news"), Ruling()),
    ("B_AD_PERMISSION", Case(topics=("sale",)), Policy(), Ruling()),
    ("", Case(topics=("sale",)), Policy(topic="sale"), Ruling()),
    ("B_FIELDS", Case(), Policy(), Ruling(needs_profiling=True)),
    ("", Case(profiling=True), Policy(), Ruling(needs_profiling=True)),
    ("B_MINOR", Case(age_band="14-17"), Policy(), Ruling()),
    ("", Case(age_band="14-17"), Policy(), Ruling(admits_teens=True)),
    ("B_MINOR", Case(age_band="<14"), Policy(is_advertising=False), Ruling(admits_teens=True)),
    ("", Case(age_band="18-24"), Policy(), Ruling()),
    ("B_AD_PERMISSION", Case(permissions=()), Policy(is_advertising=False),
     Ruling(asks_permission=True)),
    ("", Case(permissions=(), consents=()), Policy(is_advertising=False), Ruling()),
    ("B_EVIDENCE", Case(permission_proved=False), Policy(is_advertising=False),
     Ruling(asks_permission=True)),
    ("B_POLICY_QUIET", Case(), Policy(), Ruling(quiet=Quiet("12:00", "13:00"))),
    ("B_POLICY_QUIET", Case(), Policy(quiet=Quiet("21:00", "09:00")),
     Ruling(quiet=Quiet("12:00", "13:00"))),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "case", "policy", "ruling"), SCOPES)
def test_scopes_ages_and_rules_of_the_channel(
    acme: Tenant, expected: str, case: Case, policy: Policy, ruling: Ruling
) -> None:
    base = Base()
    base.write(1, case)
    world = World(base.policy(policy), ruling)
    assert oracle(case, world) == expected
    assert verdicts(acme, world, [1]) == {1: expected}


def random_case(rng: random.Random) -> Case:
    def maybe(usual: Any, *others: Any) -> Any:
        return usual if rng.random() < 0.72 else rng.choice(others)

    default = Case()
    return Case(
        status=maybe("active", "blocked", "erasure_pending", None),
        timezone=rng.choice(["", "Asia/Vladivostok", "Nowhere/At_All", "Europe/Moscow"]),
        contacts=maybe(
            default.contacts,
            (),
            (("bounced", True, HMAC),),
            (("bounced", True, HMAC), ("active", False, OTHER)),
            (("active", False, OTHER), ("active", True, HMAC)),
            (("active", False, HMAC), ("active", False, OTHER), ("invalid", True, b"c" * 32)),
        ),
        age_band=maybe("", "<14", "14-17", "18-24", "65+"),
        consent_proved=rng.random() < 0.9,
        permission_proved=rng.random() < 0.9,
        reconsent=rng.random() < 0.05,
        profiling=rng.random() < 0.5,
        permission_ends=maybe(None, PAST, FUTURE),
        brands=maybe(("X",), ("X", "Y"), ()),
        topics=maybe((), ("sale",), ("news", "sale")),
        consents=maybe(default.consents, (), (("ACTIVE", PAST),), (("ACTIVE", FUTURE),)),
        permissions=maybe(
            default.permissions,
            (),
            (("REVOKED", HMAC, True, "DOI_EMAIL"),),
            (("ACTIVE", OTHER, True, "OTP_SMS"),),
            (("ACTIVE", HMAC, False, "DOI_EMAIL"),),
            (("ACTIVE", OTHER, True, "NONE"), ("ACTIVE", HMAC, True, "PAPER_SIGNED")),
            (("ACTIVE", OTHER, True, "OTP_SMS"), ("ACTIVE", HMAC, True, "DOI_EMAIL")),
            (("REVOKED", HMAC, True, "DOI_EMAIL"), ("ACTIVE", HMAC, True, "DOI_EMAIL")),
        ),
        suppressions=maybe(
            (),
            ((HMAC, None, "unsubscribe"),),
            ((OTHER, None, "hard_bounce"),),
            ((HMAC, PAST, "complaint"),),
            ((HMAC, FUTURE, "hard_bounce"),),
            ((HMAC, None, "operator_refusal"),),
            ((HMAC, None, "unsubscribe"), (HMAC, FUTURE, "complaint"), (OTHER, None, "complaint")),
        ),
        global_arm=maybe(("treated", None), ("control", None), ("control", PAST), None),
        local_arm=maybe(("treated", None), ("control", None), ("control", FUTURE), None),
        history=tuple(
            (
                rng.choice(["sent", "failed", "ambiguous", "suppressed", "sending"]),
                rng.choice([0.5, 3, 6.9, 7.1, 30]),
                rng.random() < 0.7,
            )
            for _ in range(rng.choice([0, 0, 1, 3, 5]))
        ),
    )


@pytest.mark.parametrize("shape", [ByPerson, ByTable])
def test_checks_come_in_the_order_of_the_reasons(shape: type[ByPerson | ByTable]) -> None:
    policy = Policy(global_layer=1, local_layer=2, cap=Cap(3), quiet=Quiet())
    asked = re.findall("THEN '(\\w+)'", classify_sql(policy, Ruling(), shape()))
    assert asked == [code for code in REASONS if code != "CANCELLED"]


def test_whole_tables_are_joined_without_a_loop_whatever_the_planner_thinks(acme: Tenant) -> None:
    policy = Policy(global_layer=1, local_layer=2, cap=Cap(3), quiet=Quiet())
    params = gate_params(policy, Ruling(), tenant=acme, dispatch_id=0, now=NOW)
    query = classify_sql(policy, Ruling(), ByTable()).format(
        audience="SELECT customer_id FROM segments_segmentmember WHERE segment_id = 1"
    )
    bulk.run("ANALYZE")  # everything is empty: one row is expected everywhere
    with bulk.one_pass():
        plan = "\n".join(line for (line,) in rows_of(f"EXPLAIN {query}", params))
    assert "Join" in plan
    assert "Nested Loop" not in plan


def test_settings_of_one_pass_end_with_it(acme: Tenant) -> None:
    before = bulk.fetch("SHOW work_mem")
    with bulk.one_pass():
        assert bulk.fetch("SHOW enable_nestloop") == [("off",)]
    assert bulk.fetch("SHOW enable_nestloop") == [("on",)]
    assert bulk.fetch("SHOW work_mem") == before


@pytest.mark.parametrize(
    ("policy", "ruling"),
    [
        (Policy(cap=Cap(2)), Ruling()),
        (Policy(cap=None, quiet=Quiet("20:00", "10:00"), brand="X"), Ruling(needs_profiling=True)),
        (Policy(is_advertising=False, cap=Cap(1), quiet=Quiet("19:00", "07:00")), Ruling()),
        (Policy(is_advertising=False), Ruling(asks_permission=True, quiet=Quiet("19:00", "07:00"))),
        (Policy(cap=Cap(0), topic="sale"), Ruling(admits_teens=True)),
        (
            Policy(cap=Cap(1, days=30), quiet=Quiet("11:00", "13:00"), brand="Y", topic="news"),
            Ruling(),
        ),
        (Policy(), Ruling({"B_CONTENT": "why"})),
    ],
)
@pytest.mark.parametrize("seed", [2026, 7])
def test_mixtures_agree_with_the_oracle(
    acme: Tenant, policy: Policy, ruling: Ruling, seed: int
) -> None:
    rng = random.Random(seed)
    base = Base()
    cases = {number: random_case(rng) for number in range(1, 401)}
    for number, case in cases.items():
        base.write(number, case)
    world = World(base.policy(policy), ruling)
    expected = {number: oracle(case, world) for number, case in cases.items()}
    assert verdicts(acme, world, list(cases)) == expected
    assert len(Counter(expected.values())) >= 4


def test_the_statement_that_writes_the_send_key_decides_the_same(acme: Tenant) -> None:
    rng = random.Random(7)
    base = Base()
    cases = {number: random_case(rng) for number in range(1, 201)}
    for number, case in cases.items():
        base.write(number, case)
    policy = base.policy(Policy(cap=Cap(2)))
    dispatch = Dispatch.objects.create(
        purpose="broadcast", content={}, policy=policy.to_json(), status="running", audience=200
    )
    Recipient.objects.bulk_create(
        Recipient(dispatch=dispatch, customer_id=number, slice_number=0) for number in cases
    )
    piece = Slice.objects.create(
        dispatch=dispatch,
        number=0,
        size=200,
        status="claimed",
        lease_owner="me",
        lease_until=FUTURE,
    )
    claim = Claim(acme.schema_name, piece.pk, dispatch.pk, 0, 200, 1, "me", FUTURE)
    patched = pytest.MonkeyPatch()
    patched.setattr("cvm_platform.common.clock.now", lambda: NOW)
    try:
        passed = outbox.open_slice(claim, tenant=acme, policy=policy, ruling=Ruling())
    finally:
        patched.undo()
    world = World(policy)
    expected = {number: oracle(case, world) for number, case in cases.items()}
    written = Message.objects.filter(dispatch=dispatch).values_list("customer_id", "reason")
    assert dict(written) == expected
    assert {row.customer_id for row in passed} == {
        n for n, reason in expected.items() if not reason
    }


def test_the_cap_counts_what_another_campaign_is_sending_now(acme: Tenant) -> None:
    base = Base()
    base.write(1, Case(history=(("sending", 0, True),)))
    assert verdicts(acme, World(base.policy(Policy(cap=Cap(1)))), [1]) == {1: "B_POLICY_CAP"}
