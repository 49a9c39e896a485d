"""
A machine that does anything in any order, on every store and on one model.

Hypothesis chooses the steps. Each goes to the store and to a model in plain
Python that knows nothing of the stores, and both must answer alike. Leases are
kept for ever, so answers that come too late or from somebody else are common.
New operations get rules in a file of their own, and a place in `machines`.

`make statemachine` runs it for longer; a failure prints the shortest way to it.
"""
