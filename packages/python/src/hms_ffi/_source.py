"""Where the calling code stands: contracts are named relative to it."""

from __future__ import annotations

import os
import sys

__all__ = ["contract_path"]


def contract_path(wit: str | os.PathLike[str], depth: int) -> str:
    """The path of a contract, relative to the file of the code `depth` calls above; else to the working directory."""
    path = os.fspath(wit)
    source = sys._getframe(depth + 1).f_code.co_filename
    if os.path.isabs(path) or not os.path.isfile(source):
        return path
    return os.path.join(os.path.dirname(os.path.abspath(source)), path)
