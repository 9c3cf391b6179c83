"""Checks ONNX files with the onnx package and runs them with onnxruntime.

usage: run_onnx.py FOLDER

For each NAME.onnx of the folder reads NAME.json, an object of inputs by name:
{"shape": [2, 3], "values": [1.0, null, "inf", ...]} (null is NaN), and writes NAME.scores.json, a flat list of the
first output's values. NAME.output.json holds the name and shape of that output.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

ELEMENT = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64}


def tensor(given, element):
    values = [numpy.nan if value is None else float(value) for value in given["values"]]
    return numpy.array(values, dtype=numpy.float64).astype(element).reshape(given["shape"])


def run(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = json.loads(path.with_suffix(".json").read_text())
    feed = {node.name: tensor(given[node.name], ELEMENT[node.type]) for node in session.get_inputs()}
    scores = session.run(None, feed)[0]
    path.with_suffix(".scores.json").write_text(json.dumps(scores.astype(numpy.float64).ravel().tolist()))
    output = {"name": session.get_outputs()[0].name, "shape": list(scores.shape)}
    path.with_suffix(".output.json").write_text(json.dumps(output))


for onnx_path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    try:
        run(onnx_path)
    except Exception as error:
        sys.exit(f"{onnx_path.name}: {error}")
