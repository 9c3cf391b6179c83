"""Times onnxruntime on the files that the example `latency` writes: python3 latency.py FOLDER"""

import pathlib
import sys
import time

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for n_rows in [1, 256]:
        feed = {
            node.name: numpy.random.rand(*([n_rows] if len(node.shape) == 1 else [n_rows, 8])).astype("f4")
            for node in session.get_inputs()
        }
        session.run(None, feed)
        times, begin, processor = [], time.perf_counter(), time.process_time()
        while time.perf_counter() - begin < 3:
            start = time.perf_counter()
            session.run(None, feed)
            times.append(time.perf_counter() - start)
        processor = (time.process_time() - processor) / len(times)
        times.sort()
        median, fastest = times[len(times) // 2], times[0]
        figures = f"median {median * 1e6:.1f} us, fastest {fastest * 1e6:.1f} us, processor {processor * 1e6:.1f} us"
        print(f"{path.stem}: {n_rows:3} rows: {figures}")
