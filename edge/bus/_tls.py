"""The broker's own certificate for the store's network: a small authority made once, which signs this broker and nothing else.

Devices carry the authority's certificate in their firmware, so that none can be talked into another broker. Keys are EC P-256: what an ESP32 computes in tens
of milliseconds. Its private key is thrown away after signing; a new certificate means a new authority, and new firmware.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=3650)  # a node in a wall is not flashed again for a date
BACK = timedelta(days=400)  # a Pi without a clock may wake up in the past; so may a node

AUTHORITY, CERTIFICATE, KEY = "ca.crt", "broker.crt", "broker.key"


def ensure(folder: Path, store_id: str, names: Sequence[str]) -> None:
    """Make the three files if one of them is missing."""
    if all((folder / name).exists() for name in (AUTHORITY, CERTIFICATE, KEY)):
        return
    authority_key, broker_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer = _name(f"Parlour {store_id}")
    authority = (
        _builder(issuer, issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    broker = (
        _builder(_name(f"broker of {store_id}"), issuer, broker_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = broker_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(folder / KEY, private, 0o600)
    _write(folder / CERTIFICATE, broker.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(folder / AUTHORITY, authority.public_bytes(serialization.Encoding.PEM), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    moment = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - BACK)
        .not_valid_after(moment + VALID)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
    new.replace(path)
