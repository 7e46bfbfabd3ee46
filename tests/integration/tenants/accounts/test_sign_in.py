import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from cvm_platform.common import clock
from tenants.accounts import links
from tenants.accounts.contracts import Role
from tenants.accounts.models import Membership, User
from tenants.tenancy.models import Tenant
from tests.factories.accounts import PASSWORD, client_of, make_user

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Attempts are counted in it."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def platform(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="public")


def sign_in(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **more})


def test_agency_user_lands_on_the_agencys_home(platform: Tenant) -> None:
    user = make_user(platform, Role.AGENCY_OWNER)
    client = client_of(platform)
    answer = sign_in(client, user)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_client_user_is_sent_from_the_agencys_host_to_his_company(beta: Tenant) -> None:
    platform = Tenant.objects.get(schema_name="public")
    answer = sign_in(client_of(platform), make_user(beta, Role.CLIENT_ADMIN))
    assert answer.headers["Location"] == "http://beta.cvm.localhost/"


def test_user_lands_where_he_signed_in_when_he_is_a_member_there(beta: Tenant) -> None:
    user = make_user(beta, Role.AGENCY_MARKETER)
    assert sign_in(client_of(beta), user).headers["Location"] == "/"


def test_agency_user_on_a_foreign_host_is_sent_home(beta: Tenant) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    answer = sign_in(client_of(acme), make_user(beta, Role.AGENCY_MARKETER))
    assert answer.headers["Location"] == "http://cvm.localhost/"


def test_wanted_page_is_remembered_but_never_a_foreign_one(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta)
    first = client.get("/team/")
    assert first.headers["Location"] == "/accounts/login/?next=/team/"
    assert sign_in(client, user, next="/team/").headers["Location"] == "/team/"
    answer = sign_in(client_of(beta), user, next="https://evil.example/")
    assert answer.headers["Location"] == "/"


def test_wrong_password_says_nothing_about_the_address(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    known = sign_in(client_of(beta), user, "wrong-password")
    user.email = "nobody@staff.example"
    unknown = sign_in(client_of(beta), user, "wrong-password")
    texts = [
        re.findall(r'<div class="ban neg.*?</div></div>', answer.content.decode(), re.DOTALL)
        for answer in (known, unknown)
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 1


def test_nobody_signs_up_alone(platform: Tenant) -> None:
    client = client_of(platform)
    data = {"email": "x@y.example", "password1": "a-long-pass-9", "password2": "a-long-pass-9"}
    answer = client.post("/accounts/signup/", data)
    assert "Только по приглашению" in answer.content.decode()
    assert not User.objects.exists()


def test_wrong_passwords_lock_the_door_for_the_right_one(beta: Tenant, settings: Any) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    settings.ACCOUNT_RATE_LIMITS = False
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta)
    for _attempt in range(2):
        assert sign_in(client, user, "wrong-password").status_code == 200
    locked = sign_in(client, user, "wrong-password")
    assert locked.status_code == 429
    assert "Вход закрыт на час" in locked.content.decode()
    assert sign_in(client, user).status_code == 429
    # the rest of the office behind the same address comes in
    other = make_user(beta, Role.CLIENT_ANALYST)
    assert sign_in(client_of(beta), other).status_code == 302


def _code(secret: str) -> str:
    import time

    return f"{hotp_value(secret, int(time.time()) // 30):06d}"


def test_second_factor_is_asked_after_the_password(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = client_of(beta)
    answer = sign_in(client, user)
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/team/").headers["Location"].startswith(LOGIN)
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert client.get("/team/").status_code == 302
    done = client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    assert client.get("/team/").status_code == 200


def test_second_factor_is_switched_on_by_its_owner(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta)
    sign_in(client, user)
    asked = client.get("/accounts/2fa/totp/activate/").headers["Location"]
    assert asked.startswith("/accounts/reauthenticate/")
    client.post(asked, {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    answer = client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})
    assert answer.status_code == 302
    again = client_of(beta)
    assert sign_in(again, user).headers["Location"] == "/accounts/2fa/authenticate/"


def test_invited_person_sets_a_password_by_the_link_once(beta: Tenant, rf: Any) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    user.set_unusable_password()
    user.save()
    request = rf.get("/", HTTP_HOST="beta.cvm.localhost")
    link = links.set_password_url(request, user)
    assert link.startswith("http://beta.cvm.localhost/accounts/password/reset/key/")
    client = client_of(beta)
    path = client.get(link).headers["Location"]
    data = {"password1": "a-new-password-7", "password2": "a-new-password-7"}
    assert client.post(path, data).status_code == 302
    assert sign_in(client_of(beta), user, "a-new-password-7").status_code == 302
    stale = client_of(beta).get(link, follow=True)
    assert 'name="password1"' not in stale.content.decode()


# ---- whose host it is -----------------------------------------------------------------------


def test_member_of_one_company_is_nobody_at_the_other(acme: Tenant, beta: Tenant) -> None:
    user = make_user(acme, Role.CLIENT_ADMIN)
    assert client_of(acme, user=user).get("/team/").status_code == 200
    assert client_of(beta, user=user).get("/team/").status_code == 403


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"confidentiality_signed_at": None}, {"training_valid_until": None},
     {"training_valid_until": clock.now().date() - timedelta(days=1)}],
)  # fmt: skip
def test_door_closes_with_the_training_during_the_session(
    beta: Tenant, change: dict[str, Any]
) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta, user=user)
    assert client.get("/team/").status_code == 200
    User.objects.filter(pk=user.pk).update(**change)
    expected = 302 if "is_active" in change else 403
    assert client.get("/team/").status_code == expected


def test_bare_host_asks_to_sign_in_without_a_wish(beta: Tenant) -> None:
    platform = Tenant.objects.get(schema_name="public")
    assert client_of(platform).get("/").headers["Location"] == "/accounts/login/"


def test_person_of_a_company_is_led_home_from_the_agencys_host(beta: Tenant) -> None:
    platform = Tenant.objects.get(schema_name="public")
    client = client_of(platform, user=make_user(beta, Role.CLIENT_ADMIN))
    answer = client.get("/")
    assert answer.status_code == 403
    assert 'href="http://beta.cvm.localhost/">На главную</a>' in answer.content.decode()


def test_removed_membership_closes_the_door_at_once(beta: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta, user=user)
    Membership.objects.filter(user=user).delete()
    answer = client.get("/team/")
    assert answer.status_code == 403
    assert "Вас нет в команде этой компании" in answer.content.decode()


def test_stranger_with_htmx_is_told_to_reload(beta: Tenant) -> None:
    answer = client_of(beta).get("/team/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (401, "true")


def test_unknown_host_is_not_found(db: None) -> None:
    assert Client(HTTP_HOST="nobody.cvm.localhost").get("/").status_code == 404
    assert Client(HTTP_HOST="template.cvm.localhost").get("/").status_code == 404


def test_theme_is_a_cookie_of_all_hosts(beta: Tenant) -> None:
    client = client_of(beta, Role.CLIENT_ADMIN)
    assert "data-bs-theme" not in client.get("/team/").content.decode()
    answer = client.post("/theme/", {"theme": "dark", "next": "/team/?q=a"})
    assert answer.headers["Location"] == "/team/?q=a"
    cookie = client.cookies["cvm_theme"]
    assert (cookie.value, cookie["domain"]) == ("dark", ".cvm.localhost")
    assert '<html lang="ru" data-bs-theme="dark">' in client.get("/team/").content.decode()


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example"])
def test_theme_never_redirects_outside(beta: Tenant, place: str) -> None:
    answer = client_of(beta).post("/theme/", {"theme": "neon", "next": place})
    assert answer.headers["Location"] == "/"
    assert answer.cookies["cvm_theme"].value == ""


def test_language_follows_the_choice(beta: Tenant) -> None:
    client = client_of(beta, Role.CLIENT_ADMIN)
    assert "<h1>Команда</h1>" in client.get("/team/").content.decode()
    client.post("/i18n/setlang/", {"language": "en", "next": "/team/"})
    assert "<h1>Team</h1>" in client.get("/team/").content.decode()


def test_pages_carry_the_strict_policy(beta: Tenant) -> None:
    answer = client_of(beta, Role.CLIENT_ADMIN).get("/team/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    body = answer.content.decode()
    assert not re.search(r'\sstyle="', body)
    assert not re.search(r"\son[a-z]+=", body)
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", body) == []


def test_forgotten_password_is_answered_by_mail_and_the_same_for_everybody(
    beta: Tenant, mailoutbox: Any
) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    client = client_of(beta)
    answers = [
        client.post("/accounts/password/reset/", {"email": email})
        for email in (user.email, "nobody@staff.example")
    ]
    assert [answer.headers["Location"] for answer in answers] == [
        "/accounts/password/reset/done/"
    ] * 2
    assert [letter.to for letter in mailoutbox] == [[user.email]]
    assert "http://beta.cvm.localhost/accounts/password/reset/key/" in mailoutbox[0].body


def test_nobody_adds_a_second_address_to_an_account(beta: Tenant, platform: Tenant) -> None:
    user = make_user(beta, Role.CLIENT_ADMIN)
    for client in (client_of(beta, user=user), client_of(platform)):
        assert client.get("/accounts/email/").status_code == 404
        added = client.post("/accounts/email/", {"action_add": "", "email": "x@y.example"})
        assert added.status_code == 404
        assert client.get("/accounts/confirm-email/").status_code == 404
