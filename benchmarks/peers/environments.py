"""One virtual environment a peer, kept in `.bench/` until its requirements change."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.protocol import Unavailable

PEERS = Path(__file__).parent
ROOT = PEERS.parent.parent
ENVIRONMENTS = ROOT / ".bench"
PATIENCE = 300.0


@cache
def interpreter(folder: str) -> str:
    """
    Return the Python of a peer's environment; install what it needs first.

    Raise Unavailable when something cannot be installed: a benchmark without a
    peer is better than none.
    """
    environment = ENVIRONMENTS / folder
    python = environment / "bin" / "python"
    wanted = "\n".join(path.read_text(encoding="utf-8") for path in _pins(folder))
    installed = environment / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print(f"Installing {folder} into {environment.relative_to(ROOT)}", flush=True)
        shutil.rmtree(environment, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(environment))
        for pins in _pins(folder):
            if pins.name == "package.json":
                shutil.copy(pins, environment)
                _run("npm", "install", "--ignore-scripts", "--prefix", str(environment))
            else:
                _run(str(python), "-m", "pip", "install", "-r", str(pins))
        installed.write_text(wanted, encoding="utf-8")
    return str(python)


def _pins(folder: str) -> list[Path]:
    found = [PEERS / folder / name for name in ("requirements.txt", "package.json")]
    return [path for path in found if path.exists()]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise Unavailable(f"cannot be installed: {lines[-1][:200]}")
