"""The demo's companies, people and history: made once, taken up again after an interruption."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from cvm_platform.common import clock
from cvm_platform.demo.load import CUSTOMERS, Options, load_demo


class Command(BaseCommand):
    help = "Load the demo where it is missing; a finished one is left alone."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=CUSTOMERS, help="of the coffee chain")
        parser.add_argument("--only", nargs="*", default=(), metavar="COMPANY")

    def handle(self, *_args: Any, **options: Any) -> None:
        seconds = load_demo(
            Options(
                today=clock.today("Europe/Moscow"),
                folder=settings.VAR_DIR,
                customers=options["customers"],
                only=frozenset(options["only"]),
            ),
            self._say,
        )
        if seconds:
            self._say(f"the demo is loaded: {sum(seconds.values()):.0f} s in all")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
