"""From a stored path to a Task, and from nothing else."""

from collections.abc import Iterable
from importlib import import_module

from django.apps import apps

from eventstreaming.contrib.tasks.compat import AnyTask, Task
from eventstreaming.exceptions import TaskNotFound


def resolve_task(path: str, modules: Iterable[str] = ()) -> AnyTask:
    """
    Return the Task that a path names.

    Raise TaskNotFound unless its module lies in the package of an installed app,
    or in one of `modules`, and holds a Task under that very path. Nothing else
    is imported, and nothing is called.
    """
    module_name, _, name = path.rpartition(".")
    if not is_trusted(module_name, modules):
        raise TaskNotFound(
            path,
            "its module is in no installed app, nor in OPTIONS['modules'] of its "
            "backend",
        )
    try:
        found = getattr(import_module(module_name), name, None)
    except Exception as error:
        raise TaskNotFound(path, "its module cannot be imported") from error
    if not isinstance(found, Task) or found.module_path != path:
        raise TaskNotFound(path, "there is no Task of that name")
    return found


def is_trusted(module_name: str, modules: Iterable[str]) -> bool:
    """Say whether tasks of a module may be run."""
    packages = [config.name for config in apps.get_app_configs()]
    return any(
        module_name == package or module_name.startswith(f"{package}.")
        for package in (*packages, *modules)
    )
