"""The classes of the contracts that were loaded so far, importable:

    from hms_ffi.contracts.hms.claims.v1_2 import Claim

A module stands for a package of contracts, `v1_2` for its version; the modules below it are its interfaces. A
contract is loaded by `Component` and by `connect`.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import _classes

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = __name__ + "."


def _interface_module(module: str, owner: str) -> str:
    return f"{module}.{owner.partition('@')[0].rpartition('/')[2].replace('-', '_')}"


def _classes_of(name: str) -> dict[str, type]:
    """The classes that a module has; of two with one name, the last one loaded."""
    return {
        local: cls
        for (module, owner, local), cls in _classes.loaded().items()
        if name in (module, _interface_module(module, owner))
    }


def _exists(name: str) -> bool:
    loaded = {_interface_module(module, owner) for module, owner, _ in _classes.loaded()}
    return any(f"{module}.".startswith(f"{name}.") for module in loaded)


class _Module(ModuleType):
    """Finds classes when they are asked for: more may have been loaded since it was imported."""

    def __getattr__(self, name: str) -> Any:
        found = _classes_of(self.__name__).get(name)
        if found is None:
            raise AttributeError(f"no contract that was loaded so far has {self.__name__}.{name}")
        return found

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *_classes_of(self.__name__)])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(_ROOT) or not _exists(fullname):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name, f"Types of contracts: {spec.name.removeprefix(_ROOT)}.")

    def exec_module(self, module: ModuleType) -> None:
        """The classes come when they are asked for."""


sys.meta_path.append(_Finder())
