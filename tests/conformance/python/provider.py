"""The provider of the conformance suite."""

from __future__ import annotations

import signal

import hms_ffi as hms
from orders import early, late
from suite import Once, exports

# Waited for below; blocked before there are threads that would get it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

callback = Once(lambda: hms.connect("test:conformance/callback"))
old = hms.Component("test:versions/early", wit="../versions/old.wit")
new = hms.Component("test:versions/late", wit="../versions/new.wit")
early(old)
late(new)
suite = hms.Component("test:conformance/suite", wit="../conformance.wit", workers=96)
for name, handler in exports(suite.types, callback).items():
    suite.export(name)(handler)

with old, new, suite:
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
