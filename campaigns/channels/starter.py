"""What a new letter begins with: everything the law asks for is in it."""

from django.utils.translation import gettext as _

from campaigns.channels.rendering import TemplateSource

_HTML = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:24px 12px;background:#f4f5f7;font-family:Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="600" cellpadding="0" cellspacing="0"
  style="width:100%;max-width:600px;background:#ffffff;border-radius:12px">
<tr><td style="padding:32px;font-size:16px;line-height:1.5;color:#1f2430">
<h1 style="margin:0 0 16px;font-size:24px">{{% if customer.first_name %}}{hello}, {{{{ customer.first_name }}}}!{{% else %}}{hello}!{{% endif %}}</h1>
<p style="margin:0 0 24px">{body}</p>
<p style="margin:0"><a href="https://shop.example/"
  style="display:inline-block;padding:12px 24px;background:#3b4cca;color:#ffffff;border-radius:8px;text-decoration:none">{button}</a></p>
</td></tr>
<tr><td style="padding:20px 32px;font-size:13px;line-height:1.5;color:#6b7280;border-top:1px solid #e5e7eb">
{{{{ sender.name }}}}, {{{{ sender.address }}}}<br>
<a href="{{{{ unsubscribe_url }}}}" style="color:#6b7280">{stop}</a>
</td></tr></table></td></tr></table>
</body></html>
"""  # noqa: E501 a line of HTML is not a line of code


def starter(language: str) -> TemplateSource:
    """A letter that can be sent as it is."""
    return TemplateSource(
        subject=_("News from {{ company.name }}"),
        html=_HTML.format(
            language=language,
            hello=_("Hello"),
            body=_("Write here what is new and why it is worth a look."),
            button=_("Look"),
            stop=_("Stop these letters"),
        ),
    )
