"""
Proofs of queues with processes that are stopped and killed.

The suite runs them small; `make proofs` runs them in the size that the promise is
made for (QUEUE_PROOFS=full), with the seed of QUEUE_PROOFS_SEED, the groups at
QUEUE_PROOFS_SIZE times their size, and MESSAGES_OF_PROOF messages through one worker.
"""
