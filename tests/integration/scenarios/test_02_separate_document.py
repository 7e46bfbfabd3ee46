"""Given a form whose single checkbox covers offer acceptance and PD consent,
When the editor publishes,
Then publication fails with the linter's error: consent must be separate (152-FZ art. 9(1)).
"""

import pytest
from django.utils import translation

from cvm_platform.common.errors import InvalidInput
from tenants.audit.services import SYSTEM
from tenants.privacy import services
from tenants.privacy.models import ConsentForm, ConsentText
from tenants.tenancy.models import Tenant
from tests.factories.consents import published

_COMBINED = "Принимаю условия оферты и даю согласие на обработку персональных данных"


def test_a_combined_box_is_never_published(acme: Tenant) -> None:
    good = published(acme)["PROMO_DIRECT"]
    text = services.new_version(text=good, actor=SYSTEM)
    text = services.save_text(values={"label": _COMBINED}, actor=SYSTEM, text=text)
    with translation.override("en"), pytest.raises(InvalidInput) as refused:
        services.publish_text(text=text, actor=SYSTEM)
    assert "Consent must be separate (152-FZ art. 9(1))" in refused.value.fields["label"]
    text.refresh_from_db()
    assert text.status == ConsentText.Status.DRAFT
    form = services.save_form(
        actor=SYSTEM,
        values={"name": "Site", "title": "Новости", "fields": ["email"],
                "controls": [{"text": text.pk, "is_required": False}]},
    )  # fmt: skip
    with pytest.raises(InvalidInput) as closed:
        services.publish_form(form=form, actor=SYSTEM)
    assert "controls" in closed.value.fields
    assert ConsentForm.objects.get(pk=form.pk).status == ConsentForm.Status.DRAFT
