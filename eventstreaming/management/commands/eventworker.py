from eventstreaming.management.commands.runworker import Command as RunWorker


class Command(RunWorker):
    help = f"{RunWorker.help} An alias of runworker, which other apps may shadow."
