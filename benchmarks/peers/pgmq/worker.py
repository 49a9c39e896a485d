"""
A loop as pgmq's documentation has it: read with poll, work, delete.

pgmq ships no worker. The poll's interval is its default, 100 ms.
"""

from benchmarks.peers.pgmq.connecting import LEASE, connect, delete
from benchmarks.peers.timing import tell_the_time

BATCH = 100


def main() -> None:
    connection = connect()
    while True:
        messages = connection.execute(
            "SELECT * FROM pgmq.read_with_poll('drained', %s, %s)", (LEASE, BATCH)
        ).fetchall()
        for message in messages:
            if message[5].get("awaited"):
                tell_the_time()
        if messages:
            delete(connection, "drained", messages)


if __name__ == "__main__":
    main()
