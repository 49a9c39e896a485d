"""
Proofs of subscriptions with partitions, by worker processes that are killed.

The suite runs them small; `make proofs` runs them in the size that the promise is
made for (QUEUE_PROOFS=full), with the seed of QUEUE_PROOFS_SEED,
at QUEUE_PROOFS_SIZE times that size.
"""
