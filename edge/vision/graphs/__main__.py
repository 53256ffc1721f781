"""`python -m edge.vision.graphs build [DIR]`: write the analytic graphs and their manifests.

`sign KEY.pem [DIR]` signs the manifests; `key KEY.pem` makes a new private key and prints the public one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.vision.graphs.artefacts import write_all
from edge.vision.models import BUNDLED
from edge.vision.models.signing import new_key, public_text, read_key, sign_all


def main(arguments: list[str]) -> int:
    match arguments:
        case ["build", *folder]:
            for path in write_all(Path(folder[0]) if folder else BUNDLED):
                print(path)
        case ["sign", key, *folder]:
            print(sign_all(read_key(Path(key)), Path(folder[0]) if folder else BUNDLED))
        case ["key", key]:
            print(public_text(new_key(Path(key))))
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
