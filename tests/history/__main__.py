"""Check a recorded run again: `python -m tests.history FOLDER`."""

import sys
from pathlib import Path

from tests.history.checker import check
from tests.history.operations import History


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.history FOLDER\n")
        return 2
    verdict = check(History.load(Path(arguments[0])), floors={})
    sys.stdout.write(f"{verdict}\n")
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
