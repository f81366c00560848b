"""The risk component of the demo clinic, in Python.

clinic.py serve     serves example:clinic/risk-model, and HTTP for the comparison
clinic.py probe     serves example:clinic/probe
clinic.py hundred   scores a hundred patients one after another, at once and in a batch; prints the milliseconds of each
clinic.py measure   prints the median time of a call to whoever serves example:clinic/probe, in microseconds
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import hms_ffi as hms
from hundred import hundred
from risk import measured, score
from simulate import Simulations

HOME = Path(os.environ["CLINIC_HOME"])
WARM_UP = 200
CALLS = 2000


def serve() -> None:
    model = hms.Component("example:clinic/risk-model", wit=HOME / "wit")

    @model.export("score")
    def score_observations(observations: list[Any]) -> Any:
        points, z_scores, counted = score(measured(observations))
        return model.types.Risk(score=points, z_scores=z_scores, observations=counted)

    simulations = Simulations()
    model.export(simulations.simulate)
    model.export(simulations.abandoned)
    if ports := os.environ.get("CLINIC_HTTP"):
        serve_http(Path(ports))
    model.serve(workers=2)


def probe() -> None:
    component = hms.Component("example:clinic/probe", wit=HOME / "wit")

    @component.export
    def echo(observation: Any) -> Any:
        return observation

    component.serve(workers=1)


def measure() -> None:
    with hms.connect("example:clinic/probe") as client:
        observation = client.types.Observation(
            id="heart-rate",
            patient="example",
            code="8867-4",
            name="Heart rate",
            effective=None,
            value=client.types.Quantity(value=Decimal("44"), unit="/min"),
            components=[],
            extra={"status": "final", "category": ["vital-signs"]},
        )
        times = []
        for _ in range(WARM_UP + CALLS):
            started = time.perf_counter()
            back = client.echo(observation)
            times.append(time.perf_counter() - started)
            assert back == observation
        print(f"{statistics.median(times[WARM_UP:]) * 1e6:.1f}")


def score_hundred() -> None:
    asyncio.run(hundred())


class Handler(BaseHTTPRequestHandler):
    """The comparison: POST /score with a JSON list of arguments."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one segment

    def do_POST(self) -> None:
        (observations,) = json.loads(self.rfile.read(int(self.headers["Content-Length"])), parse_float=Decimal)
        values = [(o["code"], Decimal(o["value"]["value"])) for o in observations if o["value"]]
        values += [
            (c["code"], Decimal(c["value"]["value"])) for o in observations for c in o["components"] if c["value"]
        ]
        points, z_scores, counted = score(values)
        body = json.dumps({"score": points, "z_scores": z_scores, "observations": counted}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def serve_http(ports: Path) -> None:
    """Starts the HTTP server for the comparison; its port is written to $CLINIC_HTTP/risk-model."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (ports / "risk-model").write_text(str(server.server_port))


if __name__ == "__main__":
    modes = {"serve": serve, "probe": probe, "measure": measure, "hundred": score_hundred}
    if len(sys.argv) != 2 or sys.argv[1] not in modes:
        sys.exit(f"usage: clinic.py {' | '.join(modes)}")
    modes[sys.argv[1]]()
