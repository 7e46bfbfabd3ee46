"""Management commands one after another in one process: what a start costs is mostly imports.

python -m cvm_platform.local.prepare migrate_all load_demo
"""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import connection


def main(commands: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm_platform.settings.dev")
    for command in commands:
        execute_from_command_line(["manage.py", command])  # ends the process when it fails
        connection.close()  # the next one begins without what this one left in its session


if __name__ == "__main__":
    main(sys.argv[1:])
