"""A small chain to try things with: two stores in Shanghai, their people, services, products and customers. Nobody is real.

Everything is built relative to a given time, so that there are always bookings for today; the same time gives the same
records with the same ids.
"""

from __future__ import annotations

from salon.demo._catalogue import employees, pins, products, services, stores
from salon.demo._people import build, members
from salon.demo._sample import import_rows, import_sample

__all__ = [
    "build",
    "employees",
    "import_rows",
    "import_sample",
    "members",
    "pins",
    "products",
    "services",
    "stores",
]
