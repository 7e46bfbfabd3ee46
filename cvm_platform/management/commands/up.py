"""Starts the whole platform on this machine: see cvm_platform.local.up."""

import sys
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from cvm_platform.local.up import add_arguments, up_from


class Command(BaseCommand):
    help = "Start servers, web, worker, beat and mail catcher with demo data; Ctrl-C stops all."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        sys.exit(up_from(port=options["port"], no_demo=options["no_demo"]))
