"""Nodes and constants -> a model: one way, so that all graphs have one opset, one format and one producer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from edge.vision.graphs import IR_VERSION, OPSET, PRODUCER


def packed(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Mapping[str, NDArray[Any]],
) -> onnx.ModelProto:
    """The same bytes for the same parts."""
    kept = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    model: onnx.ModelProto = helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, kept),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )
    return model
