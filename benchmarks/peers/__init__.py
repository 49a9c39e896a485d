"""
Other libraries that do the same, each in an environment of its own.

A folder holds what one of them needs: the packages that are installed, the
functions that the scenarios call, and its worker as its documentation starts it.
"""
