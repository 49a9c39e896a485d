"""Projections: read models that a subscription keeps, and that can be rebuilt."""
