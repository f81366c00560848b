"""Serves test:system/desk until SIGTERM: serve.py [--user UID GID] [--child fork|clone]

Prints `ready`, and before it `child PID` for a forked child that only sleeps.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import signal
import sys
import threading
import time
from pathlib import Path

import hms_ffi as hms
from identity import become

SYS_CLONE = {"x86_64": 56, "aarch64": 220}
desk = hms.Component("test:system/desk", wit=Path(__file__).with_name("system.wit"))


@desk.export
def echo(text: str) -> str:
    return text


holding = threading.Event()


@desk.export
def hold() -> None:
    call = hms.current_call()
    assert call
    holding.set()
    while not call.cancelled:
        time.sleep(0.005)


@desk.export
def held() -> bool:
    return holding.is_set()


@desk.export
def process() -> int:
    return os.getpid()


@desk.export
def caller_user() -> int:
    call = hms.current_call()
    assert call
    return call.caller.uid


def start_child(how: str) -> int:
    """A child that outlives its parent: `clone` goes past everything that libc runs at a fork."""
    if how == "fork":
        child = os.fork()
    else:
        libc = ctypes.PyDLL(None)  # keeps the GIL, so that the child can go on
        child = libc.syscall(SYS_CLONE[platform.machine()], signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        time.sleep(60)
        os._exit(0)
    return int(child)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", nargs=2, type=int, metavar=("UID", "GID"))
    parser.add_argument("--child", choices=["fork", "clone"])
    options = parser.parse_args()
    if options.user:
        become(*options.user)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with desk:
        if options.child:
            print("child", start_child(options.child), flush=True)
        print("ready", flush=True)
        stop.wait()


if __name__ == "__main__":
    try:
        main()
    except hms.HmsError as error:
        sys.exit(f"{error.code}: {error.message}")
