"""Scores risk from observations: how far each vital sign lies from its usual range."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

# LOINC code: name, usual mean and standard deviation in adults, in the unit that the examples use.
USUAL = {
    "8867-4": ("heart rate", 75.0, 12.0),
    "8310-5": ("body temperature", 36.8, 0.4),
    "9279-1": ("respiratory rate", 16.0, 2.5),
    "2708-6": ("oxygen saturation", 97.0, 1.5),
    "8480-6": ("systolic pressure", 120.0, 12.0),
    "8462-4": ("diastolic pressure", 78.0, 9.0),
    "8478-0": ("mean pressure", 92.0, 9.0),
    "39156-5": ("body mass index", 24.0, 4.0),
    "9269-2": ("glasgow coma score", 15.0, 0.5),
    "15074-8": ("glucose", 5.3, 0.7),
    "718-7": ("haemoglobin", 14.5, 1.2),
}


def measured(observations: Sequence[Any]) -> list[tuple[str, Decimal]]:
    """The measurements of observations and of their components: LOINC code and value."""
    own = [(o.code, o.value.value) for o in observations if o.value]
    return own + [(c.code, c.value.value) for o in observations for c in o.components if c.value]


def score(measurements: Sequence[tuple[str, Decimal]]) -> tuple[float, dict[str, float], int]:
    """Points (0 is unremarkable), the z-score of each vital sign, and how many measurements counted."""
    known = [(USUAL[code], float(value)) for code, value in measurements if code in USUAL]
    if not known:
        return 0.0, {}, 0
    names = np.array([usual[0] for usual, _ in known])
    means = np.array([usual[1] for usual, _ in known])
    deviations = np.array([usual[2] for usual, _ in known])
    z = (np.array([value for _, value in known]) - means) / deviations
    # Within one standard deviation nothing is remarkable.
    points = np.maximum(np.abs(z) - 1.0, 0.0).sum()
    by_name = {str(name): round(float(z[names == name].mean()), 2) for name in np.unique(names)}
    return round(float(points), 2), by_name, len(known)
