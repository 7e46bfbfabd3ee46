from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "tenants.requests"
    label = "requests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.approvals.registry import (  # noqa: PLC0415 models are loaded only now
            add_approval_kind,
            add_task_kind,
        )
        from tenants.requests import erasing  # noqa: PLC0415 as above
        from tenants.requests import own_exports as own  # noqa: PLC0415 as above
        from tenants.requests import own_panels as panels  # noqa: PLC0415 as above
        from tenants.requests.registry import add_exporter, add_panel  # noqa: PLC0415 as above
        from tenants.requests.services import clocks, finding, forwarding  # noqa: PLC0415 as above

        for kind in (clocks.ANSWER_KIND, clocks.PROVISIONAL_KIND, forwarding.FORWARD_KIND):
            add_task_kind(kind)
        add_approval_kind(finding.UNBLOCK_KIND)
        erasing.register()
        profile = ("Person", "Customer", "Identity", "ContactPoint", "PersonalName",
                   "PersonalAttribute")  # fmt: skip
        add_exporter("customers", own.export_profile, position=10,
                     models=[f"customers.{each}" for each in profile])  # fmt: skip
        add_exporter("consents", own.export_consents, position=20,
                     models=["privacy.ConsentRecord", "privacy.AdPermission"])  # fmt: skip
        add_exporter("stops", own.export_stops, position=30,
                     models=["privacy.StopEvent", "privacy.Suppression"])  # fmt: skip
        add_exporter("log", own.export_log, position=80, models=["audit.ProcessingEntry"])
        add_exporter("requests", own.export_requests, position=90,
                     models=["requests.SubjectRequest"])  # fmt: skip
        add_panel("incidents", panels.incidents, is_banner=True)
        add_panel("reveals", panels.reveals, position=10)
        add_panel("consents", panels.consents, position=20)
        add_panel("decisions", panels.decisions, position=30)
