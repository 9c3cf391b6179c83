"""Times onnxruntime on the files that the example `latency` writes: python3 latency.py FOLDER"""

import pathlib
import sys
import time

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"), reverse=False):
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for n_rows in [1, 256]:
        feed = {
            node.name: numpy.random.rand(*([n_rows] if len(node.shape) == 1 else [n_rows, 8])).astype("f4")
            for node in session.get_inputs()
        }
        session.run(None, feed)
        times, begin = [], time.perf_counter()
        while time.perf_counter() - begin < 3:
            start = time.perf_counter()
            session.run(None, feed)
            times.append(time.perf_counter() - start)
        times.sort()
        print(f"{path.stem}: {n_rows:3} rows: median {times[len(times) // 2] * 1e6:.1f} us, fastest {times[0] * 1e6:.1f} us")
