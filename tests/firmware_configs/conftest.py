from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "firmware_configs"


@pytest.fixture(scope="session")
def esphome():
    """Run the real `esphome config` on a file; made on the first use, which takes about a minute."""
    spec = importlib.util.spec_from_file_location("esphome_env", FOLDER / "esphome_env.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    command = module.ensure()

    def config(path: Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [command, "config", path], capture_output=True, text=True, check=False, timeout=300
        )

    return config
