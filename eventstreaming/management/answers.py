"""Asking whoever has called a command."""


def answer_to(question: str = "") -> str:
    """Return the line that is typed; an empty one where nobody is there to type."""
    try:
        return input(question)
    except EOFError:
        return ""
