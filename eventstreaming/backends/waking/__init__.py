"""
Waking who waits for events or messages, in this process and in others.

Polling is the contract, and all here only makes it quicker: `topics` says what
one waits for, `waiters` knows who waits, `polling` how long without news,
`announcing` tells other processes by NOTIFY, and `listening` hears them.
"""
