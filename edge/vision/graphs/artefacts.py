"""The graphs as files: bytes, manifest, names. One row a graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx

from edge.vision.graphs import OPSET, blobs, color, relief, shine
from edge.vision.models import Manifest, Tensor

PIXELS = "[1,3,H,W]"


@dataclass(frozen=True)
class Artefact:
    id: str
    role: str
    version: str
    build: Callable[[], onnx.ModelProto]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    concerns: tuple[str, ...]
    note: str


ARTEFACTS = (
    Artefact(
        "color_v1",
        "color",
        "1.0.1",
        color.build,
        (
            Tensor(name="rgb", dtype="uint8", shape="[1,H,W,3]", unit="sRGB byte"),
            Tensor(name="ccm", dtype="float32", shape="[3,3]", unit="linear light per linear light"),
            Tensor(name="gain", dtype="float32", shape="[3]", unit="factor per channel"),
        ),
        (
            Tensor(name="lin", dtype="float32", shape=PIXELS, unit="linear light, white = 1"),
            Tensor(name="lab", dtype="float32", shape=PIXELS, unit="CIELAB D65"),
            Tensor(name="od", dtype="float32", shape=PIXELS, unit="natural optical density"),
            Tensor(name="mh", dtype="float32", shape="[1,2,H,W]", unit="relative pigment density"),
        ),
        ("tone", "redness", "pigmentation", "evenness", "dark_circles"),
        "IEC 61966-2-1, CIE 15, Tsumura 1999; see edge/vision/graphs/color.py",
    ),
    Artefact(
        "shine_v1",
        "shine",
        "1.0.0",
        shine.build,
        (
            Tensor(name="lin", dtype="float32", shape=PIXELS, unit="linear light, white = 1"),
            Tensor(name="body", dtype="float32", shape="[3]", unit="linear light, any scale"),
        ),
        (Tensor(name="shine", dtype="float32", shape="[1,1,H,W]", unit="share of white, signed"),),
        ("shine",),
        "dichromatic model, Shafer 1985; see edge/vision/graphs/shine.py",
    ),
    Artefact(
        "blobs_v1",
        "blobs",
        "1.0.0",
        blobs.build,
        (Tensor(name="mh", dtype="float32", shape="[1,2,H,W]", unit="relative pigment density at 4 px/mm"),),
        (Tensor(name="blob", dtype="float32", shape="[1,2,H,W]", unit="relative pigment density"),),
        ("spots", "acne_like"),
        "scale-normalised Laplacian, Lindeberg 1998; see edge/vision/graphs/blobs.py",
    ),
    Artefact(
        "relief_v1",
        "relief",
        "1.1.1",
        relief.build,
        (Tensor(name="rgb", dtype="uint8", shape="[1,H,W,3]", unit="sRGB byte at 8 px/mm"),),
        tuple(
            Tensor(name=name, dtype="float32", shape="[1,1,H,W]", unit="optical density")
            for name in ("ridge", "pit", "band")
        ),
        ("wrinkles", "pores", "texture"),
        "Hessian eigenvalues, Frangi 1998; see edge/vision/graphs/relief.py",
    ),
)


def write_all(folder: Path) -> list[Path]:
    """Build every graph into `folder`; the files of the same source are the same bytes."""
    written = []
    for artefact in ARTEFACTS:
        model = artefact.build()
        onnx.checker.check_model(model, full_check=True)
        data = model.SerializeToString(deterministic=True)
        file = folder / f"{artefact.id}-{artefact.version}.onnx"
        file.write_bytes(data)
        manifest = Manifest(
            id=artefact.id,
            role=artefact.role,
            version=artefact.version,
            kind="analytic",
            file=file.name,
            sha256=hashlib.sha256(data).hexdigest(),
            licence="Apache-2.0",
            provenance=f"built by `python -m edge.vision.graphs build`: {artefact.note}",
            opset=OPSET,
            inputs=artefact.inputs,
            outputs=artefact.outputs,
            concerns=artefact.concerns,
        )
        card = file.with_suffix(".json")
        card.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
        written += [file, card]
    return written
