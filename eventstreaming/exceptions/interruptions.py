"""What ends a handler that is running, which is not an error of its own."""


class HandlerInterrupted(BaseException):
    """
    A running handler is to end.

    Like KeyboardInterrupt it is no Exception, so a handler's `except Exception`
    lets it pass. In an async handler it shows as asyncio.CancelledError.
    """


class HandlerTimeout(HandlerInterrupted):
    """A handler ran longer than its time-out; that is a failed attempt."""

    def __init__(self, stream_name: str = "", timeout: float = 0.0) -> None:
        super().__init__(
            f"queue {stream_name!r}: the handler ran longer than {timeout:g} s"
            if stream_name
            else "the handler ran longer than its time-out"
        )
        self.stream_name = stream_name
        self.timeout = timeout


class MessageCancelled(HandlerInterrupted):
    """The message that is being handled was cancelled; it will not be retried."""

    def __init__(self, stream_name: str = "", message_id: str = "") -> None:
        super().__init__(
            f"queue {stream_name!r}: message {message_id} was cancelled"
            if stream_name
            else "the message was cancelled"
        )
        self.stream_name = stream_name
        self.message_id = message_id
