import csv
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from tenants.accounts.contracts import Role
from tenants.accounts.models import Membership, User
from tenants.tenancy.models import Snapshot, Tenant
from tests.factories.accounts import client_of, make_user


@pytest.fixture
def owner(db: None) -> User:
    """Owner of the agency with both companies: acme in trouble, beta with proved profit."""
    platform = Tenant.objects.get(schema_name="public")
    user = make_user(platform, Role.AGENCY_OWNER)
    for schema, facts in SNAPSHOTS.items():
        tenant = Tenant.objects.get(schema_name=schema)
        Membership.objects.create(user=user, tenant=tenant, role=Role.AGENCY_OWNER)
        Snapshot.objects.create(tenant=tenant, **facts)
    return user


SNAPSHOTS: dict[str, dict[str, Any]] = {
    "acme": {
        "customers": 60_000, "reachable": 41_000, "revenue_30d": 4_000_000_00, "health": "bad",
        "health_reason": "Нет заказов 9 дней",
        "money": {"verdict": "not_enough_data", "weeks": 5, "profit": None},
    },
    "beta": {
        "customers": 4_372, "reachable": 3_000, "revenue_30d": 88_123_00, "health": "ok",
        "money": {"verdict": "proved_gain", "profit": 1_284_000_00, "low": 640_000_00,
                  "high": 1_930_000_00},
    },
}  # fmt: skip


def home(user: User, query: str = "", **headers: str) -> str:
    platform = Tenant.objects.get(schema_name="public")
    answer = client_of(platform, user=user).get(f"/{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def names(html: str) -> list[str]:
    return [part.split("</a>")[0].split(">")[1] for part in html.split('class="nm" href')[1:]]


def test_who_needs_help_stands_first(owner: User) -> None:
    assert names(home(owner)) == ["Acme", "Beta"]
    assert names(home(owner, "?sort=-profit")) == ["Beta", "Acme"]
    assert names(home(owner, "?sort=-revenue")) == ["Acme", "Beta"]
    assert names(home(owner, "?sort=customers")) == ["Beta", "Acme"]
    assert names(home(owner, "?sort=-name")) == ["Beta", "Acme"]
    assert names(home(owner, "?sort=nonsense")) == ["Acme", "Beta"]


def test_filters(owner: User) -> None:
    assert names(home(owner, "?q=ACM")) == ["Acme"]
    assert names(home(owner, "?q=beta.cvm")) == ["Beta"]
    assert names(home(owner, "?health=ok")) == ["Beta"]
    assert names(home(owner, "?plan=advanced")) == ["Acme"]
    assert "Под эти фильтры никто не подходит" in home(owner, "?q=nobody")


def test_money_stands_with_its_interval_and_currency(owner: User) -> None:
    html = home(owner)
    assert "+1,28\u00a0млн\u00a0£" in html
    assert 'aria-label="От +640\u00a0тыс.\u00a0£ до +1,93\u00a0млн\u00a0£"' in html
    assert "ещё около 5 недель" in html


def test_rubles_and_pounds_do_not_add_up(owner: User) -> None:
    html = home(owner)
    assert '<div class="money m">4\u00a0млн\u00a0₽</div>' in html
    assert '<div class="range b">88,1\u00a0тыс.\u00a0£</div>' in html


def test_totals_cover_all_companies_whatever_the_filter(owner: User) -> None:
    strip = '<div class="v">1 из 2</div>'
    assert strip in home(owner)
    assert strip in home(owner, "?q=beta")


def test_only_own_companies_are_seen(owner: User) -> None:
    Membership.objects.filter(user=owner, tenant__schema_name="acme").delete()
    html = home(owner)
    assert names(html) == ["Beta"]
    assert "Acme" not in html


def test_fragment_for_htmx_is_the_table_alone(owner: User) -> None:
    html = home(owner, "?q=beta", **{"HX-Request": "true"})
    assert names(html) == ["Beta"]
    assert "<html" not in html
    assert "<h1>" not in html


def test_empty_agency_says_what_to_do_next(db: None) -> None:
    platform = Tenant.objects.get(schema_name="public")
    html = home(make_user(platform, Role.AGENCY_OWNER))
    assert "Компаний пока нет" in html
    assert 'href="/companies/new/"' in html
    html = home(make_user(platform, Role.AGENCY_ANALYST))
    assert 'href="/companies/new/"' not in html


def test_queries_do_not_grow_with_companies(
    owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(Tenant.objects.get(schema_name="public"), user=owner)
    client.get("/")
    plan = Tenant.objects.get(schema_name="acme").plan
    for number in range(30):
        tenant = Tenant(schema_name=f"t{number}", name=f"T {number}", plan=plan, wrapped_key=b"x")
        tenant.save()
        tenant.domains.create(domain=f"t{number}.cvm.localhost", is_primary=True)
        Membership.objects.create(user=owner, tenant=tenant, role=Role.AGENCY_OWNER)
    with django_assert_max_num_queries(14):
        html = client.get("/").content.decode()
    assert "Показаны 1–20 из 32" in html
    assert len(names(client.get("/?page=2").content.decode())) == 12


# ---- export ---------------------------------------------------------------------------------


def export(user: User, kind: str, query: str = "") -> bytes:
    platform = Tenant.objects.get(schema_name="public")
    answer = client_of(platform, user=user).get(f"/export/{kind}/{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="companies.{kind}"'
    return answer.content


def test_csv_has_full_figures_and_the_same_filter(owner: User) -> None:
    text = export(owner, "csv", "?q=beta").decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:2] == ["Компания", "Отрасль"]
    assert row == [
        "Beta", "", "Foundation", "Здоров", "", "4400", "3000", "88123", "GBP", "Доказано",
        "1284000", "640000", "1930000",
    ]  # fmt: skip


def test_name_like_a_formula_stays_a_name(owner: User) -> None:
    Tenant.objects.filter(schema_name="beta").update(name='=HYPERLINK("http://evil.example")')
    sheet = load_workbook(io.BytesIO(export(owner, "xlsx"))).worksheets[0]
    assert sheet["A3"].value == '\'=HYPERLINK("http://evil.example")'
    assert sheet["A3"].data_type == "s"
    assert sheet["H2"].value == 4_000_000


def test_unknown_format_is_not_found(owner: User) -> None:
    platform = Tenant.objects.get(schema_name="public")
    assert client_of(platform, user=owner).get("/export/exe/").status_code == 404


# ---- switcher ---------------------------------------------------------------------------------


def test_switcher_finds_on_any_host(owner: User) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    html = client_of(acme, user=owner).get("/switch/?q=bet").content.decode()
    main = html.split("<main")[1]
    assert 'href="http://beta.cvm.localhost/"' in main
    assert 'href="http://acme.cvm.localhost/"' not in main
    fragment = client_of(acme, user=owner).get("/switch/?q=zz", headers={"HX-Request": "true"})
    assert "Компании с таким названием нет" in fragment.content.decode()


def test_person_of_a_company_has_no_switcher(beta: Tenant) -> None:
    html = client_of(beta, Role.CLIENT_ADMIN).get("/team/").content.decode()
    assert "switch-q" not in html
    assert "//cvm.localhost" not in html


# ---- opening ----------------------------------------------------------------------------------

FORM = {
    "name": "Gamma", "slug": "gamma", "industry": "Кофе", "plan": "advanced", "currency": "RUB",
    "timezone": "Asia/Omsk", "assumed_margin": "35,5",
}  # fmt: skip


def test_company_is_opened_and_entered(owner: User) -> None:
    platform = Tenant.objects.get(schema_name="public")
    answer = client_of(platform, user=owner).post("/companies/new/", FORM)
    assert (answer.status_code, answer.headers["Location"]) == (
        302, "http://gamma.cvm.localhost/registers/",
    )  # fmt: skip
    tenant = Tenant.objects.get(schema_name="gamma")
    assert (tenant.timezone, tenant.assumed_margin_bp, tenant.plan_id) == (
        "Asia/Omsk", 3550, "advanced",
    )  # fmt: skip
    assert client_of(tenant, user=owner).get("/team/").status_code == 200
    papers = client_of(tenant, user=owner).get("/registers/")
    assert "Чего не хватает" in papers.content.decode()


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"slug": "acme"}, "Адрес «acme» занят"),
        ({"slug": "Нет"}, "От 3 до 32 латинских букв"),
        ({"name": ""}, "Обязательное поле"),
        ({"assumed_margin": "150"}, "100"),
    ],
)
def test_refusal_stands_at_the_field_and_keeps_what_was_typed(
    owner: User, changed: dict[str, str], text: str
) -> None:
    platform = Tenant.objects.get(schema_name="public")
    answer = client_of(platform, user=owner).post("/companies/new/", {**FORM, **changed})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert text in html
    assert 'value="Кофе"' in html
    assert 'aria-invalid="true"' in html
    assert not Tenant.objects.filter(schema_name="gamma").exists()


def test_command_opens_a_company_with_a_person(owner: User, capsys: Any) -> None:
    call_command("create_tenant", "gamma", "Gamma", "--margin", "35", "--owner-email", owner.email)
    assert capsys.readouterr().out == "Gamma: gamma.cvm.localhost\n"
    tenant = Tenant.objects.get(schema_name="gamma")
    assert tenant.assumed_margin_bp == 3500
    assert Membership.objects.get(tenant=tenant).role == Role.AGENCY_OWNER


def test_command_says_what_is_wrong_and_leaves_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="Адрес «acme» занят"):
        call_command("create_tenant", "acme", "Gamma")
    with pytest.raises(CommandError, match="There is no user"):
        call_command("create_tenant", "gamma", "Gamma", "--owner-email", "no@body.example")
    assert not Tenant.objects.filter(schema_name="gamma").exists()


def test_menu_counts_the_companies_in_trouble(owner: User) -> None:
    menu = home(owner).split('<nav aria-label="Разделы">')[1].split("</nav>")[0]
    assert menu.count('class="cnt hot"') == 1
    assert "срочно: </span>1</span>" in menu
    Snapshot.objects.update(health="ok")
    assert "cnt hot" not in home(owner)
