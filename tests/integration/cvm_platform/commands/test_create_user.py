"""A fresh installation gets its first person by a command."""

import pytest
from django.core.management import CommandError, call_command

from tenants.accounts.models import Membership, User


def test_the_first_owner_can_log_in(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVM_PASSWORD", "a-long-one-7-words")
    call_command("create_user", "owner@agency.example", "Анна", "--signed")
    user = User.objects.get(email="owner@agency.example")
    assert user.check_password("a-long-one-7-words")
    assert (user.side, Membership.objects.get(user=user).role) == ("agency", "agency_owner")
    assert user.confidentiality_signed_at is not None


@pytest.mark.parametrize(
    "arguments",
    [("owner@agency.example", "A", "--schema", "gone"), ("no address", "A"),
     ("owner@agency.example", "A", "--role", "client_admin")],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole(
    db: None, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CVM_PASSWORD", "a-long-one-7-words")
    with pytest.raises(CommandError):
        call_command("create_user", *arguments)
    assert not User.objects.exists()
