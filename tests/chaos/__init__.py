"""
A run with faults: real processes on a PostgreSQL of their own.

`python -m tests.chaos --seed 1 --seconds 60` starts a server, workers, producers,
consumers and readers, lets a seeded nemesis loose on them, and has
`tests.history` check what they recorded. The package is a Django app, too: its
handlers and models are what the workers run.
"""
