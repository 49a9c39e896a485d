"""A raw worker: claims 100 messages, removes 100, until there is none."""

from benchmarks.protocol import serve
from benchmarks.raw import messages as raw
from benchmarks.raw.connecting import connect

BATCH = 100


def main() -> None:
    connection = connect()

    def drain(queue: str) -> int:
        drained = 0
        while rows := raw.claim(connection, queue, BATCH):
            drained += raw.acknowledge_many(connection, rows)
        return drained

    serve({"drain": drain})


if __name__ == "__main__":
    main()
