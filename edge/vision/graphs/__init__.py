"""The analytic ONNX graphs of the scan, built from published formulas with `onnx.helper`; no weights are learnt.

`python -m edge.vision.graphs build` writes each graph and its manifest into `edge/vision/models/`; building twice
gives the same bytes, and a test holds the committed files to that.
"""

from __future__ import annotations

OPSET = 17  # the oldest that has all we need: any onnxruntime of the last years runs it
IR_VERSION = 8  # the format that goes with opset 17
PRODUCER = "parlour"
