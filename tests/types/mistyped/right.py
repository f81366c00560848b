import datetime
from typing import TYPE_CHECKING, cast

import hms_ffi as hms

if TYPE_CHECKING:
    from hms_ffi.contracts.hms.claims.v1_2 import AdjudicationClient

from hms_ffi.contracts.hms.claims.v1_2 import Claim, Decision, Denial, Line, Status

claims = cast("AdjudicationClient", hms.connect("hms:claims/adjudication"))
claim = Claim(
    id="c1",
    patient="p1",
    lines=[Line(code="a", units=1, charge="1.10")],
    diagnoses={"x"},
    tags={},
    submitted=datetime.datetime.now(tz=datetime.UTC),
)
decision: Decision = claims.adjudicate(claim, timeout=0.5)
if decision.status is Status.APPROVED:
    print(decision.paid + 1)
denial: Denial = Denial.NotCovered("no lines")
match denial:
    case Denial.NotCovered(reason):
        print(reason.upper())
    case Denial.OverLimit(amount):
        print(amount + 1)
