"""The committed stubs are what the `.proto` files generate. `UPDATE_STUBS=1 pytest tests/test_stubs.py` writes
them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import HERE, ROOT

STUBS = HERE.parent / "src" / "minutehand" / "v1"


def test_committed_stubs_are_fresh(tmp_path: Path) -> None:
    protoc = pytest.importorskip("grpc_tools.protoc", reason="stubs are made with grpcio-tools: install .[dev]")
    files = [f"minutehand/v1/{name}.proto" for name in ("generator", "trader")]
    folders = [f"-I{ROOT / 'proto'}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    assert protoc.main(["protoc", *folders, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", *files]) == 0
    fresh = tmp_path / "minutehand" / "v1"
    for name in ("generator_pb2.py", "generator_pb2.pyi", "trader_pb2.py", "trader_pb2.pyi"):
        generated = (fresh / name).read_text()
        if "UPDATE_STUBS" in os.environ:
            (STUBS / name).write_text(generated)
        assert (STUBS / name).read_text() == generated, f"{name}: run `UPDATE_STUBS=1 pytest tests/test_stubs.py`"
