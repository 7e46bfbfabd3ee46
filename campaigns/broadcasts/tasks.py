"""Background work of broadcasts."""

from campaigns.broadcasts import services, testing
from cvm_platform.celery import app
from cvm_platform.common.jobs import for_every_tenant

REAP_SECONDS = 60.0


@app.task(name="broadcasts.send_test")
def send_test(*, broadcast_id: int, address: str, masked: bool, number: int) -> None:
    testing.deliver_test(broadcast_id=broadcast_id, address=address, masked=masked, number=number)


@app.task(name="broadcasts.prepare", time_limit=3600)
def prepare(preparation_id: int) -> None:
    services.run_preparation(preparation_id=preparation_id)


@app.task(name="broadcasts.reap")
def reap() -> None:
    services.reap_preparations()


@app.task(name="broadcasts.reap_all", platform=True)
def reap_all() -> None:
    for_every_tenant("broadcasts.reap", spread_seconds=10)


app.add_periodic_task(
    REAP_SECONDS, app.signature("broadcasts.reap_all"), name="broadcasts.reap",
    expires=REAP_SECONDS,
)  # fmt: skip
