"""Becoming another user. Programs do it after their imports: the interpreter may lie where only root reads."""

from __future__ import annotations

import importlib
import os
import pkgutil

import hms_ffi

# Some modules are imported at their first use, by the library and by its native part.
for _name in ("datetime", "decimal", "uuid"):
    importlib.import_module(_name)
for _module in pkgutil.walk_packages(hms_ffi.__path__, "hms_ffi."):
    importlib.import_module(_module.name)


def become(user: int, group: int) -> None:
    """Gives up root for this user, whose only group is the given one."""
    os.setgroups([group])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    os.umask(0o027)
