"""The exception classes, what a provider's exceptions become, causes and traces."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import hms_ffi as hms
import pytest
from hms_ffi import _native

ALSO = {
    "invalid-argument": ValueError,
    "not-found": LookupError,
    "permission-denied": PermissionError,
    "deadline-exceeded": TimeoutError,
    "unavailable": ConnectionError,
    "unimplemented": NotImplementedError,
    "internal": RuntimeError,
}


@pytest.mark.parametrize(("name", "number", "class_name", "temporary"), _native.codes())
def test_classes_follow_the_table_of_the_core(name: str, number: int, class_name: str, temporary: bool) -> None:
    cls = getattr(hms, class_name)
    error = cls("why")
    assert cls.code == name == hms.Code(name)
    assert issubclass(cls, hms.HmsError)
    assert issubclass(cls, ALSO.get(name, Exception))
    assert error.retryable is temporary
    assert getattr(error, "errno", None) is None
    assert str(error) == error.message == "why"
    assert (error.details, error.sent, error.cause, error.trace) == (None, "not-sent", None, ())


def test_there_are_no_other_codes() -> None:
    assert [code.value for code in hms.Code] == [row[0] for row in _native.codes()]


@pytest.mark.parametrize("row", _native.codes(), ids=lambda row: row[0])
def test_errors_can_be_pickled(row: Any) -> None:
    cause = hms.NotFound("behind")
    error = getattr(hms, row[2])("why", details={"a": [1]}, retry=True, cause=cause)
    error.trace = (hms.Frame("go", "a:b/c", "f", "f.go", 7),)
    error.add_note("a note")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.message, again.details, again.trace, again.retryable) == ("why", {"a": [1]}, error.trace, True)
    assert type(again.cause) is hms.NotFound
    assert again.__cause__ is again.cause
    assert again.__notes__ == ["a note"]


WIT = """package test:errors@1.0.0;
interface errors {
  variant problem { small(string), large }
  enum kind { one, two }
  run: func(what: string) -> result<string, problem>;
  kinds: func(what: string) -> result<_, kind>;
  plain: func(what: string) -> string;
}
interface outer {
  use errors.{problem};
  nested: func(what: string) -> result<string, problem>;
  undeclared: func(what: string);
}
"""


class Sudden(Exception):
    pass


class Later(Sudden):
    pass


class Both:
    """A provider of `errors` whose handlers do what the test says, and one of `outer` that calls it."""

    def __init__(self, path: Any) -> None:
        wit = path / "errors.wit"
        wit.write_text(WIT)
        self.raises: Callable[[], Any] = lambda: None
        self.inner = hms.Component("test:errors/errors", wit=wit, exports=self)
        self.outer = hms.Component("test:errors/outer", wit=wit)
        self.types = self.inner.types
        for name in ("nested", "undeclared"):
            self.outer.export(name)(lambda what: self.client.run(what))

    def run(self, what: str) -> Any:
        return self.raises()

    kinds = plain = run

    def __enter__(self) -> Both:
        self.inner.__enter__()
        self.outer.__enter__()
        self.client = hms.connect("test:errors/errors")
        self.caller = hms.connect("test:errors/outer")
        return self

    def __exit__(self, *args: Any) -> None:
        self.client.close()
        self.caller.close()
        self.outer.__exit__(None, None, None)
        self.inner.__exit__(None, None, None)

    def error(self, raises: Callable[[], Any], call: Callable[..., Any] | None = None) -> Any:
        self.raises = raises
        with pytest.raises(hms.HmsError) as caught:
            (call or self.client.run)("x")
        return caught.value


@pytest.fixture
def both(tmp_path: Any) -> Any:
    with Both(tmp_path) as both:
        yield both


def throw(error: BaseException | type[BaseException]) -> Any:
    raise error


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (ValueError("bad"), "invalid-argument", "bad"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "why"), "internal", "UnicodeDecodeError: "),
        (NotImplementedError("later"), "unimplemented", "later"),
        (TypeError("t"), "internal", "TypeError: t"),
        (KeyError("k"), "internal", "KeyError: 'k'"),
        (AttributeError("a"), "internal", "AttributeError: a"),
        (FileNotFoundError("f"), "internal", "FileNotFoundError: f"),
        (PermissionError("p"), "internal", "PermissionError: p"),
        (ConnectionError("c"), "internal", "ConnectionError: c"),
        (TimeoutError("before the deadline"), "internal", "TimeoutError: "),
        (asyncio.CancelledError(), "internal", "CancelledError"),
        (SystemExit(3), "internal", "SystemExit: 3"),
        (Sudden("s"), "internal", "Sudden: s"),
        (hms.Aborted("again"), "aborted", "again"),
        (hms.PermissionDenied("no"), "permission-denied", "no"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_exceptions_mean(both: Both, raised: BaseException, code: str, message: str) -> None:
    error = both.error(lambda: throw(raised))
    assert error.code == code
    assert error.message.startswith(message)
    assert error.sent == "maybe-executed"
    assert both.error(lambda: throw(hms.NotFound("still usable"))).code == "not-found"


def test_timeout_errors_after_the_deadline(both: Both) -> None:
    def late() -> Any:
        call = hms.current_call()
        assert call is not None
        while not call.late:
            pass
        raise TimeoutError

    both.raises = late
    with pytest.raises(hms.DeadlineExceeded):
        both.client.run("x", timeout=0.02)


def test_mapped_errors(both: Both) -> None:
    both.inner.map_error(Sudden, "already-exists")
    both.inner.map_error({KeyError: hms.NotFound, OSError: lambda error: hms.DataLoss(f"lost {error}", details=1)})
    assert both.error(lambda: throw(Later("l"))).code == "already-exists"
    assert both.error(lambda: throw(KeyError("k"))).code == "not-found"
    lost = both.error(lambda: throw(FileNotFoundError("f")))
    assert (lost.code, lost.message, lost.details) == ("data-loss", "lost f", 1)
    for wrong in ("no-such-code", 5, ValueError, None):
        with pytest.raises(hms.InvalidArgument):
            both.inner.map_error(Sudden, wrong)  # type: ignore[arg-type]


def test_declared_errors(both: Both) -> None:
    problem = both.types.Problem
    error = both.error(lambda: throw(hms.DeclaredError(problem.Small("s"))))
    assert isinstance(error, hms.DeclaredError)
    assert isinstance(error, problem.Error)
    assert isinstance(error, problem.Small.Error)
    assert not isinstance(error, problem.Large.Error)
    assert error.code is None
    assert error.value == problem.Small("s")
    assert error.sent == "maybe-executed"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.value == error.value
    kind = both.error(lambda: throw(hms.DeclaredError(both.types.Kind.TWO)), both.client.kinds)
    assert type(kind) is hms.DeclaredError
    assert kind.value is both.types.Kind.TWO


def test_declared_errors_that_do_not_fit(both: Both) -> None:
    wrong = both.error(lambda: throw(hms.DeclaredError("text")))
    assert wrong.code == "internal"
    assert wrong.message.startswith("error: expected variant problem, got str")
    undeclared = both.error(lambda: throw(hms.DeclaredError("text")), both.client.plain)
    assert undeclared.code == "internal"


def test_results_that_do_not_fit(both: Both) -> None:
    error = both.error(lambda: 5)
    assert error.code == "internal"
    assert error.message.startswith("result: expected string, got int")


def test_nested_errors(both: Both) -> None:
    kept = both.error(lambda: throw(hms.Aborted("again", details={"n": 1})), both.caller.nested)
    assert (kept.code, kept.message) == ("aborted", "again")
    internal = both.error(lambda: throw(hms.NotFound("gone", details={"n": 1})), both.caller.nested)
    assert internal.code == "internal"
    assert type(internal.cause) is hms.NotFound
    assert internal.__cause__ is internal.cause
    assert internal.cause.details == {"n": 1}
    both.outer.map_error(hms.NotFound, "not-found")
    assert both.error(lambda: throw(hms.NotFound("gone")), both.caller.nested).code == "not-found"


def test_nested_declared_errors(both: Both) -> None:
    problem = both.types.Problem
    own = both.error(lambda: throw(hms.DeclaredError(problem.Large())), both.caller.nested)
    assert own.value == problem.Large()
    other = both.error(lambda: throw(hms.DeclaredError(problem.Large())), both.caller.undeclared)
    assert other.code == "internal"


def test_traces(both: Both) -> None:
    def deeper() -> Any:
        raise hms.Aborted("again")

    error = both.error(deeper, both.caller.nested)
    found = [(frame.component.partition("@")[0], frame.function.rpartition(".")[2]) for frame in error.trace]
    assert found[0][1] == "error"
    assert found[1:] == [
        ("test:errors/outer", "<lambda>"),
        ("test:errors/errors", "run"),
        ("test:errors/errors", "deeper"),
    ]
    assert all(frame.language == "python" and frame.file == __file__ and frame.line > 0 for frame in error.trace)
    printed = "".join(traceback.format_exception(error))
    assert "Remote traceback (most recent call last):" in printed
    assert "in test_traces.<locals>.deeper [python, test:errors/errors@1.0.0]" in printed


def test_values_are_not_in_the_log(both: Both, caplog: pytest.LogCaptureFixture) -> None:
    both.error(lambda: throw(KeyError(f"patient-{10 + 7}")))
    assert "KeyError" in caplog.text
    assert "patient-17" not in caplog.text
