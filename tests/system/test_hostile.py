"""A peer that does not speak the protocol loses its link; everybody else keeps theirs."""

from __future__ import annotations

import random
import socket
import struct
from pathlib import Path

import hms_ffi as hms
import pytest
from processes import Desk

MAGIC = b"HMSFFI\0\1"


def frame(kind: int, body: bytes, call: int = 0, flags: int = 0, length: int | None = None) -> bytes:
    header = struct.pack("<IBBHQ", len(body) if length is None else length, kind, flags, 0, call)
    return header + body + bytes(-len(body) % 8)


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode()


def hello() -> bytes:
    limits = struct.pack("<HHIIQQI", 1, 1, 0, 1024, 1 << 28, 1 << 30, 1)
    return frame(1, MAGIC + limits + text("") + text("python") + struct.pack("<I", 0))


def noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(4096)


HOSTILE = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "noise": noise(1),
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "a frame that is too long": frame(1, b"", length=0xFFFFFFFF),
    "a call before hello": frame(8, bytes(40), call=1),
    "the wrong magic": frame(1, b"HMSFFI\0\2" + bytes(64)),
    "hello twice": hello() + hello(),
    "an unknown type": hello() + frame(99, b""),
    "unknown flags": hello() + frame(24, bytes(8), flags=0x80),
    "an answer to no call": hello() + frame(10, b"", call=2),
    "a call with the server's id": hello() + frame(8, bytes(40), call=2),
    "a call that is too short": hello() + frame(8, bytes(8), call=1),
    "a fragment of nothing": hello() + frame(9, bytes(8), call=1),
    "a total that is too small": hello() + frame(8, struct.pack("<Q", 3) + bytes(64), call=1, flags=1),
    "hello and noise": hello() + noise(2),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_garbage_closes_its_own_link_only(runtime: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    with Desk(runtime), hms.connect("test:system/desk") as desk:
        assert desk.echo("before") == "before"
        (path,) = (path for path in runtime.rglob("*") if path.is_socket())
        with socket.socket(socket.AF_UNIX) as hostile:
            hostile.settimeout(10)
            hostile.connect(str(path))
            hostile.sendall(HOSTILE[name])
            # The provider says hello, may say what was wrong, and closes.
            received = b""
            try:
                while chunk := hostile.recv(65536):
                    received += chunk
            except ConnectionResetError:
                pass
            assert received[4] == 1, "the first frame is hello"
        assert desk.echo("after") == "after"
        with hms.connect("test:system/desk") as another:
            assert another.echo("new") == "new"


def test_connections_that_say_nothing_do_no_harm(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    with Desk(runtime):
        (path,) = (path for path in runtime.rglob("*") if path.is_socket())
        silent = [socket.socket(socket.AF_UNIX) for _ in range(50)]
        try:
            for each in silent:
                each.connect(str(path))
            with hms.connect("test:system/desk") as desk:
                assert desk.echo("x") == "x"
        finally:
            for each in silent:
                each.close()
