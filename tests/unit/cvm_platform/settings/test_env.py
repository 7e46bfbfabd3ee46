import pytest
from django.core.exceptions import ImproperlyConfigured

from cvm_platform.settings import env


def test_mail_of_a_plain_server() -> None:
    assert env.mail("smtp://127.0.0.1:8025") == {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": 8025,
        "EMAIL_HOST_USER": "",
        "EMAIL_HOST_PASSWORD": "",
        "EMAIL_USE_SSL": False,
        "EMAIL_USE_TLS": False,
    }


def test_mail_with_a_password_and_tls() -> None:
    found = env.mail("smtp://me%40a.example:p%3Aw@mail.example?tls=starttls")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@a.example", "p:w")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        25,
        True,
        False,
    )
    assert env.mail("smtps://mail.example")["EMAIL_PORT"] == 465
    assert env.mail("smtps://mail.example")["EMAIL_USE_SSL"] is True


def test_other_address_is_refused_without_its_password() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"not an SMTP address: http") as refusal:
        env.mail("http://me:secret@mail.example")
    assert "secret" not in str(refusal.value)
