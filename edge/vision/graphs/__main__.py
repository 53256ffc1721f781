"""`python -m edge.vision.graphs build [DIR]`: write the analytic graphs and their manifests."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.vision.graphs.artefacts import write_all
from edge.vision.models import BUNDLED


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] != "build":
        print(__doc__)
        return 2
    for path in write_all(Path(arguments[1]) if len(arguments) > 1 else BUNDLED):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
