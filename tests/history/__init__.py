"""
Recorded histories, and a checker of the promises that they must keep.

A process records its steps with `recorder` (by itself, or through
`stores.RecordingStore`); `operations` and `final` read them back; `checker` runs
the checks of `messages_checks`, `lease_checks` and so on, each under the id of
its invariant. `python -m tests.history FOLDER` checks a recorded run again.
"""
