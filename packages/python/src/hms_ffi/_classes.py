"""Makes the classes of a schema's types, each once: clients and components of one contract share them."""

from __future__ import annotations

import hashlib
import json
import keyword
import threading
from typing import Any

from ._values import Enumeration, Flags, Record, Variant

__all__ = ["TypeRef", "build", "loaded"]

_LOCK = threading.RLock()
#: Classes by owner, name and fingerprint of the type.
_CLASSES: dict[tuple[str, str, str], type] = {}
#: Names in the order in which contracts were loaded: module, interface, type name, class.
_NAMES: dict[tuple[str, str, str], type] = {}

_KINDS = frozenset({"record", "enum", "flags", "variant"})


def build(schema: str) -> list[type | None]:
    """The class of each type of a schema (its localized JSON), None for types without a class."""
    return _build(json.loads(schema)["types"])


def _build(types: list[dict[str, Any]]) -> list[type | None]:
    keys: list[str] = []
    classes: list[type | None] = []
    with _LOCK:
        for index, entry in enumerate(types):
            keys.append(_fingerprint(entry, keys))
            if entry["kind"] not in _KINDS:
                classes.append(None)
                continue
            owner, name = entry.get("owner", ""), entry.get("name", entry["kind"])
            identity = (owner, name, keys[index])
            cls = _CLASSES.get(identity)
            if cls is None:
                cls = _CLASSES[identity] = _make(entry, TypeRef(identity, types, index), types)
            _NAMES[module_of(owner), owner, entry.get("local", name)] = cls
            classes.append(cls)
    return classes


def loaded() -> dict[tuple[str, str, str], type]:
    """All classes by module, interface and name."""
    with _LOCK:
        return dict(_NAMES)


def module_of(owner: str) -> str:
    """The module in which the types of an interface are found: `hms_ffi.contracts.hms.claims.v1_2`."""
    name, _, version = owner.partition("@")
    package = name.partition("/")[0].replace(":", ".").replace("-", "_")
    parts = ["hms_ffi.contracts", *(part + "_" if keyword.iskeyword(part) else part for part in package.split("."))]
    if version:
        parts.append("v" + "_".join(version.split(".")[:2]))
    return ".".join(parts)


class TypeRef:
    """Names a class in pickles, and carries what is needed to make it where its contract is not loaded."""

    __slots__ = ("_definition", "_identity", "_index", "_types")

    def __init__(self, identity: tuple[str, str, str], types: list[dict[str, Any]], index: int) -> None:
        self._identity = identity
        self._types = types
        self._index = index
        self._definition: str | None = None

    def resolve(self) -> Any:
        """The class."""
        return _CLASSES[self._identity]

    def __reduce__(self) -> tuple[Any, ...]:
        if self._definition is None:
            self._definition = json.dumps(_closure(self._types, self._index), separators=(",", ":"))
        return (_load, (self._identity, self._definition))

    def __copy__(self) -> TypeRef:
        return self

    def __deepcopy__(self, memo: Any) -> TypeRef:
        return self


def _load(identity: tuple[str, str, str], definition: str) -> TypeRef:
    with _LOCK:
        if identity not in _CLASSES:
            _build(json.loads(definition))
        found = _CLASSES.get(identity)
    if found is None:
        raise ValueError(f"the pickled definition of {identity[0]} {identity[1]} does not match its fingerprint")
    return _ref(found)


def _ref(cls: Any) -> TypeRef:
    ref: TypeRef = cls._ref_ if issubclass(cls, Enumeration | Flags) else cls._ref
    return ref


def _children(entry: dict[str, Any]) -> list[int]:
    """The types to which a type refers."""
    found = [entry[name] for name in ("element", "key", "value", "payload", "ok", "err") if entry.get(name) is not None]
    found += entry.get("elements", [])
    members = entry.get("fields", []) + entry.get("cases", [])
    return found + [member["type"] for member in members if member.get("type") is not None]


def _fingerprint(entry: dict[str, Any], keys: list[str]) -> str:
    """Equal for types of equal structure and name, whatever schema they stand in and however they are documented."""
    shape = [entry["kind"], entry.get("owner"), entry.get("name"), entry.get("length"), entry.get("fallback")]
    for name in ("fields", "cases", "flags"):
        shape.append([member["name"] for member in entry.get(name, [])])
    shape.append([member.get("type") is not None for member in entry.get("cases", [])])
    shape.append([entry.get("ok") is not None, entry.get("err") is not None])
    shape.append([keys[child] for child in _children(entry)])
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()


def _closure(types: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    """The type and what it reaches, as a table of its own."""
    reached: set[int] = set()
    todo = [index]
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += _children(types[at])
    order = sorted(reached)
    moved = {old: new for new, old in enumerate(order)}
    return [_moved(types[old], moved) for old in order]


def _moved(entry: dict[str, Any], moved: dict[int, int]) -> dict[str, Any]:
    entry = {name: value for name, value in entry.items() if name not in ("docs", "constraints", "foreign")}
    for name in ("element", "key", "value", "payload", "ok", "err"):
        if entry.get(name) is not None:
            entry[name] = moved[entry[name]]
    if "elements" in entry:
        entry["elements"] = [moved[child] for child in entry["elements"]]
    for name in ("fields", "cases"):
        if name in entry:
            entry[name] = [
                member | {"type": moved[member["type"]]} if member.get("type") is not None else member
                for member in entry[name]
            ]
    return entry


def _make(entry: dict[str, Any], ref: TypeRef, types: list[dict[str, Any]]) -> Any:
    names = {
        "module": module_of(entry.get("owner", "")),
        "qualname": entry.get("local") or entry.get("name") or entry["kind"],
        "docs": entry.get("docs") or None,
    }
    return _MAKERS[entry["kind"]](entry, ref, names, types)


def _record(entry: dict[str, Any], ref: TypeRef, names: dict[str, Any], types: list[dict[str, Any]]) -> Any:
    fields = [field["local"] for field in entry["fields"]]
    optional = [types[field["type"]]["kind"] == "option" for field in entry["fields"]]
    members = {
        "__slots__": tuple(fields),
        "__match_args__": tuple(fields),
        "__init__": _initialiser(fields, optional),
        "__module__": names["module"],
        "__doc__": names["docs"],
        "_ref": ref,
    }
    return type(names["qualname"], (Record,), members)


class _Required:
    def __repr__(self) -> str:
        return "<required>"


_REQUIRED = _Required()


def _initialiser(fields: list[str], optional: list[bool]) -> Any:
    """`__init__` with the fields as parameters; what is an option may be omitted."""
    params, body, after_optional = [], [], False
    for name, is_optional in zip(fields, optional, strict=True):
        # The core's names are identifiers; nothing else may reach generated code.
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{name!r} cannot be the name of a field")
        if is_optional:
            params.append(f"{name}=None")
            after_optional = True
        elif after_optional:
            params.append(f"{name}=_REQUIRED")
            body.append(f"    if {name} is _REQUIRED: raise TypeError('missing a required field: {name!s}')")
        else:
            params.append(name)
        body.append(f"    _self_.{name} = {name}")
    scope: dict[str, Any] = {"_REQUIRED": _REQUIRED}
    exec(f"def __init__(_self_, {', '.join(params)}):\n" + "\n".join(body), scope)
    return scope["__init__"]


def _enum(entry: dict[str, Any], ref: TypeRef, names: dict[str, Any], types: list[dict[str, Any]]) -> Any:
    members = [(case["local"], case["name"]) for case in entry["cases"]]
    cls = _new_enum(Enumeration, names, members)
    return _finish(cls, ref, names)


def _flags(entry: dict[str, Any], ref: TypeRef, names: dict[str, Any], types: list[dict[str, Any]]) -> Any:
    members = [(flag["local"], 1 << bit) for bit, flag in enumerate(entry["flags"])]
    cls = _new_enum(Flags, names, members)
    return _finish(cls, ref, names)


def _new_enum(base: Any, names: dict[str, Any], members: list[tuple[str, Any]]) -> Any:
    return base(names["qualname"], members, module=names["module"], qualname=names["qualname"])


def _finish(cls: Any, ref: TypeRef, names: dict[str, Any]) -> Any:
    # A sunder name on the class is no member.
    type.__setattr__(cls, "_ref_", ref)
    if names["docs"]:
        cls.__doc__ = names["docs"]
    return cls


def _variant(entry: dict[str, Any], ref: TypeRef, names: dict[str, Any], types: list[dict[str, Any]]) -> Any:
    members: dict[str, Any] = {"__slots__": (), "__module__": names["module"], "__doc__": names["docs"], "_ref": ref}
    meta: Any = type(Variant)
    base = meta(names["qualname"], (Variant,), members)
    cases = []
    for case in entry["cases"]:
        has_payload = case.get("type") is not None
        body = {
            "__slots__": ("value",) if has_payload else (),
            "__match_args__": ("value",) if has_payload else (),
            "__init__": _with_payload if has_payload else _without_payload,
            "__module__": names["module"],
            "__qualname__": f"{names['qualname']}.{case['local']}",
            "__doc__": case.get("docs") or None,
            "_case": case["name"],
        }
        cls = meta(case["local"], (base,), body)
        type.__setattr__(base, case["local"], cls)
        cases.append(cls)
    base._cases = cases
    return base


def _with_payload(self: Any, value: Any) -> None:
    self.value = value


def _without_payload(self: Any) -> None:
    pass


_MAKERS = {"record": _record, "enum": _enum, "flags": _flags, "variant": _variant}
