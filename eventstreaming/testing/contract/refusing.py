"""How the contract says that a call is refused."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from eventstreaming.events.arguments import excerpt
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.testing.contract.inputs import Refused

Call = Callable[[Any], object]


def giving(option: str, function: Callable[..., object]) -> Call:
    """Return a call that gives one option its value."""
    return lambda value: function(**{option: value})


class RefusingCase(ContractCase):
    """A refused call writes nothing and leaves the transaction usable."""

    @contextmanager
    def nothing_written(self) -> Iterator[None]:
        """Run the block in a transaction, which then goes on and commits."""
        transactions = self.store.supports_transactions
        with self.atomic() if transactions else nullcontext():
            yield
            self.append_numbers(1)
        self.assert_numbers(self.store.read_stream(self.stream), 1)
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def refuse(
        self, what: str, field: str, values: Iterable[Refused], call: Call
    ) -> None:
        """Call with each value; it gets its error, which names the field."""
        for value, error in values:
            with self.subTest(what=what, value=excerpt(value)):
                with self.assertRaises(InvalidArgument) as caught:
                    call(value)
                self.assertIs(type(caught.exception), error, caught.exception)
                self.assertEqual(caught.exception.field, field)
                self.assertLess(len(str(caught.exception)), 300)
