"""Which models are installed, and may they be trusted: manifests, hashes, contracts.

A model is a file and a manifest beside it, in the package or in the folder of the shop (`PARLOUR_MODELS`, or
`models/` under `PARLOUR_HOME`). The newest version of a role whose bytes have the hash its manifest names is used;
one that was changed is refused, listed with the reason, and the next older one goes on. A better model drops
in by its manifest alone, if it keeps the inputs, outputs and units of its role. The bytes that were hashed are
the bytes that run: the file is read once.

A manifest may be signed (`signing.py`). A wrong signature is refused always; a missing one only where `PARLOUR_MODELS_SIGNED=1`
demands one, because a technician may install a model of her own, and the scan says of each whether it was signed.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.vision.errors import ModelRefused
from edge.vision.models.signing import verify

BUNDLED = Path(__file__).parent
MAX_MODEL_BYTES = 64_000_000  # a model larger than this has no place on a Pi
THREADS = 2  # measured: more only fight with the other processes of the appliance


class Tensor(BaseModel):
    """One input or output as a manifest declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    dtype: str
    shape: str
    unit: str


class Manifest(BaseModel):
    """What a model file is, who made it, under which licence, and the hash it must have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    role: str
    version: str = Field(pattern=r"^[0-9A-Za-z.]+$")
    kind: Literal["analytic", "trained"]
    file: str = Field(pattern=r"^[\w.-]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    provenance: str
    opset: int | None = None
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    concerns: tuple[str, ...] = ()
    metrics: dict[str, float] = {}

    @property
    def order(self) -> tuple[tuple[int, str], ...]:
        """Versions in order, `1.10.0` after `1.9.0`; letters (`2026may`) after their number."""
        parts = []
        for part in self.version.split("."):
            digits = part[: len(part) - len(part.lstrip("0123456789"))]
            parts.append((int(digits or 0), part[len(digits) :]))
        return tuple(parts)


@dataclass(frozen=True)
class Refusal:
    """A manifest or model file that is there but is not used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Model:
    """A model whose bytes were checked."""

    manifest: Manifest
    data: bytes = field(repr=False)
    signed: bool = False

    @cached_property
    def _session(self) -> Any:
        options = ort.SessionOptions()  # type: ignore[attr-defined]
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        # The arena keeps the most it ever held, doubled, for each session: 750 MB for a scan instead of 300.
        options.enable_cpu_mem_arena = False
        # Waiting threads must sleep: the kiosk runs on the same cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return ort.InferenceSession(  # type: ignore[attr-defined]
            self.data, options, providers=["CPUExecutionProvider"]
        )

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All declared outputs by name."""
        names = [output.name for output in self.manifest.outputs]
        return dict(zip(names, self._session.run(names, inputs), strict=True))

    def broken_promise(self) -> str | None:
        """What the graph does not keep of its manifest, if anything."""
        has_in = {i.name for i in self._session.get_inputs()}
        has_out = {o.name for o in self._session.get_outputs()}
        if has_in != {i.name for i in self.manifest.inputs}:
            return f"inputs {sorted(has_in)}"
        missing = {o.name for o in self.manifest.outputs} - has_out
        return f"no output {sorted(missing)}" if missing else None


def model_folders() -> list[Path]:
    """The shop's folder first, then what came with the package."""
    folders = []
    if chosen := os.environ.get("PARLOUR_MODELS"):
        folders.append(Path(chosen))
    elif home := os.environ.get("PARLOUR_HOME"):
        folders.append(Path(home) / "models")
    return [folder for folder in folders if folder.is_dir()] + [BUNDLED]


def must_be_signed() -> bool:
    return os.environ.get("PARLOUR_MODELS_SIGNED", "") == "1"


class Registry:
    """The models of some folders, newest first, each opened once."""

    def __init__(self, folders: list[Path] | None = None) -> None:
        self.folders = model_folders() if folders is None else folders
        self.refused: list[Refusal] = []
        self._open: dict[str, Model] = {}
        self._manifests = self._read_manifests()

    def _read_manifests(self) -> list[tuple[Path, Manifest]]:
        found = []
        for folder in self.folders:
            for path in sorted(folder.glob("*.json")):
                try:
                    manifest = Manifest.model_validate_json(path.read_bytes())
                except (ValidationError, OSError) as error:
                    self.refused.append(Refusal(path.name, f"manifest: {error.__class__.__name__}"))
                    continue
                found.append((path, manifest))
        return sorted(found, key=lambda item: item[1].order, reverse=True)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Registry:
        """Opened models are shared: a copied result keeps measuring with the same ones."""
        return self

    def manifests(self) -> list[Manifest]:
        """All that is known, whether its file is installed or not."""
        return [manifest for _, manifest in self._manifests]

    def find(self, role: str) -> Model | None:
        """The newest trusted model of `role`; None when none is installed."""
        if role not in self._open:
            for path, manifest in self._manifests:
                if manifest.role == role and (model := self._trusted(path, manifest)) is not None:
                    self._open[role] = model
                    break
        return self._open.get(role)

    def get(self, role: str) -> Model:
        """The newest trusted model of `role`, or `ModelRefused`."""
        model = self.find(role)
        if model is None:
            reasons = [r.reason for r in self.refused] or ["not installed"]
            raise ModelRefused(model=role, reason="; ".join(reasons))
        return model

    def _trusted(self, card: Path, manifest: Manifest) -> Model | None:
        file = self._file_of(card, manifest)
        if file is None:
            return None
        if file.stat().st_size > MAX_MODEL_BYTES:
            self._refuse(file, "too large")
            return None
        signature = verify(card)
        if signature == "wrong" or (signature == "missing" and must_be_signed()):
            self._refuse(card, f"signature {signature}")
            return None
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != manifest.sha256:
            self._refuse(file, "SHA-256 differs from the manifest")
            return None
        model = Model(manifest, data, signed=signature == "good")
        if (reason := self._against_contract(model)) is not None:
            self._refuse(file, reason)
            return None
        return model

    def _file_of(self, card: Path, manifest: Manifest) -> Path | None:
        """Beside its manifest, or in any of the folders: a known model may be put in the shop's folder."""
        candidates = [card.parent / manifest.file, *(folder / manifest.file for folder in self.folders)]
        return next((path for path in candidates if path.is_file()), None)

    def _against_contract(self, model: Model) -> str | None:
        if not model.manifest.inputs:
            return None  # run by OpenCV, which knows its own format
        role = model.manifest.role
        ours = (m for path, m in self._manifests if path.parent == BUNDLED and m.role == role)
        reference = next(ours, model.manifest)
        if (model.manifest.inputs, model.manifest.outputs) != (reference.inputs, reference.outputs):
            return f"does not keep the inputs, outputs and units of {reference.id}"
        return model.broken_promise()

    def _refuse(self, file: Path, reason: str) -> None:
        refusal = Refusal(file.name, reason)
        if refusal not in self.refused:
            self.refused.append(refusal)
