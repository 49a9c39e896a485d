"""The value of an argument that was not given, where None means something."""

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of `UNSET`: this setting stays as it is."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return self.name


UNSET: Final = Unset.UNSET
