"""Who stands for a manifest: an Ed25519 signature over its bytes, in `signatures.toml` beside it (file name -> base64).

A manifest names the SHA-256 of its model, so that signing the manifest signs the model. The public key is part of this
source; the private one is the publisher's alone and in no repository: `python -m edge.vision.graphs sign KEY.pem` signs with it.
"""

from __future__ import annotations

import base64
import binascii
import tomllib
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PUBLIC_KEY = "GNFz5aZMahqiLVscu9YRBLbRZLmJhEtBR5CkfPtNhic="
SIGNATURES = "signatures.toml"
Verdict = Literal["good", "wrong", "missing"]


def verify(card: Path, public_key: str = PUBLIC_KEY) -> Verdict:
    """Whether the manifest at `card` carries our signature."""
    try:
        listed = tomllib.loads((card.parent / SIGNATURES).read_text("utf-8"))
    except FileNotFoundError:
        return "missing"
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return "wrong"
    if card.name not in listed:
        return "missing"
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    try:
        key.verify(base64.b64decode(str(listed[card.name]), validate=True), card.read_bytes())
    except (InvalidSignature, binascii.Error, ValueError):
        return "wrong"
    return "good"


def sign_all(key: Ed25519PrivateKey, folder: Path) -> Path:
    """Sign every manifest of a folder."""
    lines = ["# Ed25519 over each manifest; written by `python -m edge.vision.graphs sign`."]
    lines += [
        f'"{card.name}" = "{base64.b64encode(key.sign(card.read_bytes())).decode()}"'
        for card in sorted(folder.glob("*.json"))
    ]
    target = folder / SIGNATURES
    target.write_text("\n".join(lines) + "\n", "utf-8")
    return target


def public_text(key: Ed25519PrivateKey) -> str:
    """What goes into PUBLIC_KEY."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def read_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is no Ed25519 key")
    return key


def new_key(path: Path) -> Ed25519PrivateKey:
    """A private key, readable by its owner only."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return key
