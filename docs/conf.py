"""How Sphinx builds the documentation: `make docs`."""

import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from docutils.nodes import Node, literal_block, section, title
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "demo_project.settings"
os.environ["COLUMNS"] = "80"  # of the help of commands
django.setup()

PACKAGE = ROOT / "eventstreaming"

project = "eventstreaming"
author = project_copyright = "eventstreaming contributors"
release = version = import_module("eventstreaming").__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["requirements.txt"]
myst_enable_extensions = ["deflist"]

# Docstrings are plain text with `names` in it.
default_role = "code"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"eventstreaming {release}"
html_copy_source = False
html_show_sphinx = False


class DjangoCommands(SphinxDirective):
    """A section for each management command, with what --help prints."""

    def run(self) -> list[Node]:
        paths = sorted((PACKAGE / "management" / "commands").glob("[a-z]*.py"))
        return [self._section(path.stem) for path in paths]

    def _section(self, name: str) -> Node:
        module = import_module(f"eventstreaming.management.commands.{name}")
        text = module.Command().create_parser("manage.py", name).format_help()
        block = literal_block(text, text, language="text")
        return section("", title("", name), block, ids=[name], names=[name])


class CapabilityFlags(SphinxDirective):
    """The flags of BaseEventStore, with the questions that they answer."""

    FLAG = re.compile(r"((?: +# .+\n)+) +(\w+): bool = False\n")

    def run(self) -> list[Node]:
        text = (PACKAGE / "backends" / "base.py").read_text()
        flags = [
            f"`{name}`\n: {' '.join(re.findall('# (.+)', question))}\n"
            for question, name in self.FLAG.findall(text)
        ]
        return self.parse_text_to_nodes("\n".join(flags))


class ServiceFunctions(SphinxDirective):
    """The functions of each module of services, the streams first."""

    def run(self) -> list[Node]:
        names = [path.stem for path in sorted((PACKAGE / "services").glob("[a-z]*.py"))]
        names.sort(key=lambda name: not name.startswith("stream"))
        names.sort(key="streams".__ne__)
        module = ".. automodule:: eventstreaming.services.{}\n   :members:\n"
        return self.parse_text_to_nodes("\n".join(map(module.format, names)))


def skip_twins(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: Any
) -> bool | None:
    """Leave out an async twin: it is documented with its function."""
    twin_of = getattr(sys.modules.get(getattr(obj, "__module__", "")), name[1:], None)
    if name.startswith("a") and callable(twin_of) and twin_of is not obj:
        return True
    return None


def mark_code(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Show what is indented in a docstring as the code that it is."""
    for index in reversed(range(1, len(lines))):
        previous = next((line for line in reversed(lines[:index]) if line), "")
        begins = lines[index].startswith("    ") and not lines[index - 1]
        if begins and not previous.startswith(" "):
            lines[index:index] = ["::", ""]


def setup(app: Sphinx) -> None:
    app.add_directive("django-commands", DjangoCommands)
    app.add_directive("capability-flags", CapabilityFlags)
    app.add_directive("service-functions", ServiceFunctions)
    app.connect("autodoc-process-docstring", mark_code)
    app.connect("autodoc-skip-member", skip_twins)
