#!/usr/bin/env python
"""Run Django's commands for the demo project."""

import os
import sys

from django.core.management import execute_from_command_line

INTERRUPTED = 130  # 128 + SIGINT, what a shell reports


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_project.settings")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
