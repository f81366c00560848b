from typing import TYPE_CHECKING, cast

import hms_ffi as hms

if TYPE_CHECKING:
    from hms_ffi.contracts.hms.claims.v1_2 import AdjudicationClient

claims = cast("AdjudicationClient", hms.connect("hms:claims/adjudication"))
claims.adjudicate("not a claim")
claims.adjudicat({})
