"""HMS FFI: call a function written in any of six languages from any other, as if it were local.

import hms_ffi as hms

claims = hms.connect("hms:claims/adjudication")
decision = claims.adjudicate(claim, timeout=0.5)

`connect` calls a provider, `Component` is one. The exceptions are `HmsError` and its subclasses.
"""

from ._async_client import AsyncClient, aconnect
from ._client import Client, Metrics, connect
from ._component import Component
from ._context import Caller, current_call
from ._errors import (
    Aborted,
    AlreadyExists,
    Cancelled,
    Code,
    DataLoss,
    DeadlineExceeded,
    DeclaredError,
    FailedPrecondition,
    Frame,
    HmsError,
    Internal,
    InvalidArgument,
    InvalidCall,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Unknown,
)
from ._native import BoundCall, CallContext, PendingCall
from ._time import Duration, TimeOfDay, Timestamp
from ._values import Err, Ok, Some

__version__ = "0.1.0"

__all__ = [
    "Aborted",
    "AlreadyExists",
    "AsyncClient",
    "BoundCall",
    "CallContext",
    "Caller",
    "Cancelled",
    "Client",
    "Code",
    "Component",
    "DataLoss",
    "DeadlineExceeded",
    "DeclaredError",
    "Duration",
    "Err",
    "FailedPrecondition",
    "Frame",
    "HmsError",
    "Internal",
    "InvalidArgument",
    "InvalidCall",
    "Metrics",
    "NotFound",
    "Ok",
    "OutOfRange",
    "PendingCall",
    "PermissionDenied",
    "ResourceExhausted",
    "Some",
    "TimeOfDay",
    "Timestamp",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Unknown",
    "aconnect",
    "connect",
    "current_call",
]
