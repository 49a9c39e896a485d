"""`manage.py` with a projection of 8 partitions: `python -m tests.group_proofs.rebuilder`."""

import sys

import django
from django.core.management import execute_from_command_line

from tests.group_proofs.worker import projection


def main() -> None:
    django.setup()
    projection(8)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
