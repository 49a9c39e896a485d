import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from demo_project.embedded import EmbeddedServerFailed
from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.databases import run_with_own_server
from demo_project.shop.demo.order_files import SAMPLE, read_orders
from demo_project.shop.demo.serving import check_port
from demo_project.shop.demo.show import show


class Command(BaseCommand):
    help = (
        "Replay real orders through streams and queues, and show them in the admin. "
        "Uses the PostgreSQL of DATABASE_URL, or else starts one of its own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-serve",
            action="store_false",
            dest="serve",
            help="Exit when everything is processed, without serving the admin.",
        )
        parser.add_argument(
            "--orders",
            type=Path,
            default=SAMPLE,
            metavar="FILE",
            help="Replay another file, of the layout of cdnow_sample.txt.",
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="The admin's port (default: 8000)."
        )
        parser.add_argument(
            "--threads", type=int, default=4, help="The worker's threads (default: 4)."
        )

    def handle(
        self, *args: Any, serve: bool, orders: Path, port: int, threads: int, **_: Any
    ) -> None:
        interrupts.listen()
        try:
            lines = read_orders(orders)
            if serve:
                check_port(port)
            if os.environ.get("DATABASE_URL"):
                show(lines, self.say, threads=threads, port=port if serve else None)
                return
            options = ["--orders", orders, "--port", port, "--threads", threads]
            self.say("No DATABASE_URL: starting the embedded PostgreSQL")
            code = run_with_own_server(
                "demo", *map(str, options), *([] if serve else ["--no-serve"])
            )
        except (DemoFailed, EmbeddedServerFailed) as error:
            raise CommandError(str(error)) from error
        if code:
            raise SystemExit(code)  # the other process has said why

    def say(self, line: str) -> None:
        """Print a line at once, also into a pipe."""
        self.stdout.write(line)
        self.stdout.flush()
