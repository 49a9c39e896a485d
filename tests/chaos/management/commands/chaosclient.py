from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tests.chaos.client import Client
from tests.chaos.consumer import Consumer
from tests.chaos.producer import Producer
from tests.chaos.reader import Reader

CLIENTS: dict[str, type[Client]] = {
    "consumer": Consumer,
    "producer": Producer,
    "reader": Reader,
}


class Command(BaseCommand):
    help = "Run one client of a chaos run until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", choices=CLIENTS)
        parser.add_argument("seed")

    def handle(self, *args: Any, **options: Any) -> None:
        CLIENTS[options["role"]](options["seed"]).run()
