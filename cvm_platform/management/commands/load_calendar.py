"""A year of the production calendar from a file: manage.py load_calendar 2028.json"""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cvm_platform.common.errors import DomainError
from tenants.workdays.services import load_year


class Command(BaseCommand):
    help = "Load or replace a year of the production calendar (see tenants/workdays/data)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            stored = load_year(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: not UTF-8 at byte {error.start}") from error
        except DomainError as error:
            raise CommandError(f"{path}: {error.message}") from error
        self.stdout.write(f"{stored.year}: loaded, version {stored.version}")
