"""`python -m cvm_platform.local`: the same as `manage.py up`, and starts two seconds sooner,
because it needs the settings, not all the apps.
"""

import argparse
import os
import sys

from cvm_platform.local.up import add_arguments, up_from

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm_platform.settings.dev")
    parser = argparse.ArgumentParser(prog="python -m cvm_platform.local")
    add_arguments(parser)
    sys.exit(up_from(**vars(parser.parse_args())))
