"""Calls test:system/desk: ask.py [--user UID GID] [--timeout SECONDS] FUNCTION [ARGUMENT ...]

Prints the result, or `CODE: message` with exit status 2.
"""

from __future__ import annotations

import argparse
import sys

import hms_ffi as hms
from identity import become


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", nargs=2, type=int, metavar=("UID", "GID"))
    parser.add_argument("--timeout", type=float, default=10.0)
    parser.add_argument("function")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.user:
        become(*options.user)
    try:
        with hms.connect("test:system/desk", timeout=options.timeout) as desk:
            print(desk.call(options.function, *options.arguments, timeout=options.timeout))
    except hms.HmsError as error:
        print(f"{error.code}: {error.message}")
        sys.exit(2)


if __name__ == "__main__":
    main()
