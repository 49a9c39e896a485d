"""What `manage.py demo` does, step by step."""


class DemoFailed(Exception):
    """The demo cannot go on; the text says why."""
