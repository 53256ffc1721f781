"""`python -m training.publish LESION.onnx METRICS.json`: put a trained network with its manifest into the product.

Runs in the product's own environment. METRICS.json is what `python -m benchmarks lesions` wrote: the manifest names as its
concerns only those that the network measured better than the analytic graph there. The manifest must then be signed
(`python -m edge.vision.graphs sign KEY.pem`).
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from edge.vision.models import BUNDLED, Manifest, Tensor
from edge.vision.render import VERSION

MODEL_VERSION = "1.1.2"
CONCERNS = ("spots", "acne_like", "wrinkles")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__)
        return 2
    data = Path(arguments[0]).read_bytes()
    training = json.loads(Path(arguments[0]).with_suffix(".training.json").read_text("utf-8"))
    measured = json.loads(Path(arguments[1]).read_text("utf-8"))
    f1 = {row["measure"]: row for row in measured if row["measure"].endswith("F1")}
    better = tuple(key for key in CONCERNS if f1[f"{key}: F1"]["ours"] > f1[f"{key}: F1"]["reference"])
    file = BUNDLED / f"lesion_v1-{MODEL_VERSION}.onnx"
    file.write_bytes(data)
    manifest = Manifest(
        id="lesion_v1",
        role="lesions",
        version=MODEL_VERSION,
        kind="trained",
        file=file.name,
        sha256=hashlib.sha256(data).hexdigest(),
        licence="Apache-2.0",
        provenance=(
            f"training/train.py on {training['patches']} patches of {VERSION} from seed 0; seed {training['seed']}, "
            f"{training['steps']} steps of {training['batch']}; no photo of a person; see training/MODEL_CARD.md"
        ),
        opset=17,
        inputs=(
            Tensor(
                name="hpod",
                dtype="float32",
                shape="[1,3,H,W]",
                unit="4 x (density - mean over 5 mm) at 4 px/mm",
            ),
        ),
        outputs=(
            Tensor(
                name="y", dtype="float32", shape="[1,4,H,W]", unit="probability of acne, spot, wrinkle, hair"
            ),
        ),
        concerns=better,
        metrics={f"rendered {row['measure']}": row["ours"] for row in measured},
    )
    file.with_suffix(".json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    print(f"{file} measures {', '.join(better)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
