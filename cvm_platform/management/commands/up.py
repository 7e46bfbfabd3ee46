"""Starts the whole platform on this machine: see cvm_platform.local.up."""

import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, get_commands
from django.core.management.base import CommandParser

from cvm_platform.local.up import Options, up


class Command(BaseCommand):
    help = "Start servers, web, worker, beat and mail catcher with demo data; Ctrl-C stops all."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="port of the web server (else 8000 or next)")
        parser.add_argument("--no-demo", action="store_true", help="without demo data")

    def handle(self, *_args: Any, **options: Any) -> None:
        code = up(
            Options(
                var=settings.VAR_DIR.absolute(),
                base_domain=settings.BASE_DOMAIN,
                port=options["port"],
                demo=not options["no_demo"],
                commands=frozenset(get_commands()),
            )
        )
        sys.exit(code)
