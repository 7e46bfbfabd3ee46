"""Background work of broadcasts."""

from campaigns.broadcasts import testing
from cvm_platform.celery import app


@app.task(name="broadcasts.send_test")
def send_test(*, broadcast_id: int, address: str, masked: bool, number: int) -> None:
    testing.deliver_test(broadcast_id=broadcast_id, address=address, masked=masked, number=number)
