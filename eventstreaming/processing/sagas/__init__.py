"""Sagas: steps that are done one after another, or undone in reverse."""
