"""What an operator asks for: each module is one task, for commands and pages."""
