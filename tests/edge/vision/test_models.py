"""Models are trusted by hash, contract and unit; a changed byte is refused and the one before goes on."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.vision.errors import ModelRefused
from edge.vision.graphs.artefacts import write_all
from edge.vision.models import BUNDLED, Manifest, Registry
from edge.vision.models.signing import SIGNATURES, public_text, sign_all, verify
from edge.vision.scan import analyse

COLOUR = "color_v1-1.0.1"


@pytest.fixture
def shop(tmp_path):
    """A folder with its own copy of the bundled models."""
    for path in BUNDLED.iterdir():
        if path.suffix in {".onnx", ".json"}:
            shutil.copy(path, tmp_path / path.name)
    return tmp_path


def newer(folder, version, **changes):
    """A manifest and file of a later version of the colour graph."""
    card = json.loads((folder / f"{COLOUR}.json").read_text("utf-8"))
    card |= {"version": version, "file": f"color_v1-{version}.onnx"} | changes
    shutil.copy(folder / f"{COLOUR}.onnx", folder / card["file"])
    (folder / f"color_v1-{version}.json").write_text(json.dumps(card), "utf-8")
    return folder / card["file"]


def test_the_committed_files_are_what_the_source_builds(tmp_path):
    for built in write_all(tmp_path):
        assert built.read_bytes() == (BUNDLED / built.name).read_bytes(), built.name


def test_every_bundled_graph_says_its_licence_units_and_opset(models):
    ours = [m for m in models.manifests() if m.kind == "analytic"]
    assert {m.role for m in ours} == {"color", "shine", "blobs", "relief"}
    for manifest in ours:
        assert manifest.licence == "Apache-2.0"
        assert manifest.opset == 17
        assert all(tensor.unit for tensor in (*manifest.inputs, *manifest.outputs))


def test_a_changed_byte_is_refused_and_named(shop):
    file = shop / f"{COLOUR}.onnx"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    registry = Registry([shop])
    with pytest.raises(ModelRefused) as refused:
        registry.get("color")
    assert refused.value.data["model"] == "color"
    assert registry.refused[0].path == file.name
    assert "SHA-256" in registry.refused[0].reason


def test_a_scan_without_a_trusted_model_is_a_refusal_not_a_crash(shop, astronaut, encoded):
    (shop / f"{COLOUR}.onnx").write_bytes(b"nonsense")
    result = analyse(encoded(astronaut), models=Registry([shop]))
    assert not result.accepted
    assert [refusal.code for refusal in result.refusals] == ["model_refused"]
    assert result.models_refused


def test_the_newest_trusted_version_is_used(shop):
    newer(shop, "1.10.0")
    newer(shop, "1.9.0")
    assert Registry([shop]).get("color").manifest.version == "1.10.0"


def test_the_version_before_goes_on_when_the_newest_is_changed(shop):
    newer(shop, "1.1.0").write_bytes(b"changed")
    registry = Registry([shop])
    assert registry.get("color").manifest.version == "1.0.1"
    assert [refusal.path for refusal in registry.refused] == ["color_v1-1.1.0.onnx"]


def test_a_better_model_of_another_licence_drops_in_by_its_manifest_alone(tmp_path, astronaut, encoded):
    """Its file and its manifest in the shop's folder, and nothing else: it measures, and the scan names it."""
    graph = onnx.load(BUNDLED / f"{COLOUR}.onnx")
    graph.producer_name = "somebody else"
    data = graph.SerializeToString()
    (tmp_path / "theirs.onnx").write_bytes(data)
    card = json.loads((BUNDLED / f"{COLOUR}.json").read_text("utf-8"))
    card |= {"id": "their_colour", "version": "2.0.0", "licence": "MIT", "file": "theirs.onnx"}
    card["sha256"] = hashlib.sha256(data).hexdigest()
    (tmp_path / "their_colour.json").write_text(json.dumps(card), "utf-8")
    result = analyse(encoded(astronaut), models=Registry([tmp_path, BUNDLED]))
    (used,) = [model for model in result.models if model.role == "color"]
    assert (used.id, used.version, used.licence, used.signed) == ("their_colour", "2.0.0", "MIT", False)
    assert result.accepted
    assert result.models_refused == []


def test_every_graph_runs_on_two_threads_and_one_picture_at_a_time(models):
    for manifest in models.manifests():
        if manifest.inputs:
            options = models.get(manifest.role)._session.get_session_options()
            assert options.intra_op_num_threads == 2
            assert all(tensor.shape.startswith(("[1,", "[3", "[3,3]")) for tensor in manifest.inputs), (
                manifest.id
            )


def test_a_model_of_another_unit_is_refused(shop):
    card = json.loads((shop / f"{COLOUR}.json").read_text("utf-8"))
    outputs = [o | {"unit": "CIELAB D50"} if o["name"] == "lab" else o for o in card["outputs"]]
    newer(shop, "2.0.0", outputs=outputs)
    registry = Registry([shop, BUNDLED])
    assert registry.get("color").manifest.version == "1.0.1"
    assert "units" in registry.refused[0].reason


def test_a_manifest_that_does_not_fit_its_graph_is_refused(shop):
    card = json.loads((shop / "shine_v1-1.0.0.json").read_text("utf-8"))
    card["inputs"][0]["name"] = "light"
    (shop / "shine_v1-1.0.0.json").write_text(json.dumps(card), "utf-8")
    registry = Registry([shop])
    assert registry.find("shine") is None
    assert "inputs" in registry.refused[0].reason


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff\xfe"])
def test_a_broken_manifest_is_listed_and_the_rest_load(shop, broken):
    (shop / "zz.json").write_bytes(broken)
    registry = Registry([shop])
    assert registry.find("color") is not None
    assert [refusal.path for refusal in registry.refused] == ["zz.json"]


def test_a_manifest_cannot_lead_out_of_its_folder():
    with pytest.raises(ValueError, match="pattern"):
        Manifest.model_validate(
            {
                "id": "x",
                "role": "x",
                "version": "1",
                "kind": "trained",
                "file": "../../x",
                "sha256": "0" * 64,
                "licence": "MIT",
                "provenance": "x",
            }
        )


def test_yunet_is_named_but_not_shipped(models):
    (card,) = [m for m in models.manifests() if m.role == "face-detector"]
    assert card.licence == "MIT"
    assert card.version == "2026may"
    assert not (BUNDLED / card.file).exists()
    assert models.find("face-detector") is None


def test_yunet_is_used_when_it_is_installed(yunet_models, astronaut):
    result = analyse_rgb(astronaut, yunet_models)
    assert result.face is not None
    assert result.face.detector == "yunet"
    assert "face_detection_yunet" in {model.id for model in result.models}


def analyse_rgb(rgb, models):
    from edge.vision.photo import Photo

    return analyse(Photo.from_frame(np.ascontiguousarray(rgb)), models=models)


# --- signatures


def test_every_bundled_manifest_is_signed_by_us(models):
    for card in BUNDLED.glob("*.json"):
        assert verify(card) == "good", card.name
    assert models.get("color").signed


def test_a_manifest_changed_after_signing_is_refused(shop):
    shutil.copy(BUNDLED / SIGNATURES, shop / SIGNATURES)
    card = shop / f"{COLOUR}.json"
    card.write_text(card.read_text("utf-8").replace("Apache-2.0", "MIT"), "utf-8")
    registry = Registry([shop])
    assert registry.find("color") is None
    assert "signature wrong" in registry.refused[0].reason


def test_an_unsigned_model_works_and_says_so_unless_signatures_are_demanded(shop, monkeypatch):
    assert Registry([shop]).get("color").signed is False
    monkeypatch.setenv("PARLOUR_MODELS_SIGNED", "1")
    registry = Registry([shop])
    assert registry.find("color") is None
    assert "signature missing" in registry.refused[0].reason


def test_another_key_is_not_ours(shop):
    key = Ed25519PrivateKey.generate()
    sign_all(key, shop)
    card = shop / f"{COLOUR}.json"
    assert verify(card) == "wrong"
    assert verify(card, public_text(key)) == "good"


def test_what_a_former_publisher_signed_is_refused_and_the_one_of_the_program_measures(shop):
    """After a change of the publisher's key: a store has nothing to do."""
    newer(shop, "1.10.0")
    sign_all(Ed25519PrivateKey.generate(), shop)
    registry = Registry([shop, BUNDLED])
    assert registry.get("color").manifest.version == COLOUR.removeprefix("color_v1-")
    assert registry.get("color").signed
    assert ("color_v1-1.10.0.json", "signature wrong") in {(r.path, r.reason) for r in registry.refused}
    (shop / SIGNATURES).write_text("", "utf-8")
    assert Registry([shop, BUNDLED]).get("color").manifest.version == "1.10.0"
