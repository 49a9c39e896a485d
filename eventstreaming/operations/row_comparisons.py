"""Comparisons of several columns as one value, which an index on them answers."""

from django.db.models import BooleanField, Func


class Row(Func):
    """Several columns as one value: `(rank, id)`."""

    template = "(%(expressions)s)"
    output_field = BooleanField()  # a row has no type of its own; any will do


class Greater(Func):
    """A comparison of rows."""

    template = "%(expressions)s"
    arg_joiner = " > "
    output_field = BooleanField()


class Less(Greater):
    """The opposite comparison."""

    arg_joiner = " < "
