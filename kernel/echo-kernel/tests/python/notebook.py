"""Executes a notebook as nbclient and papermill do, and looks at what it keeps."""

import nbclient
import nbformat

notebook = nbformat.v4.new_notebook()
notebook.metadata["kernelspec"] = {"name": "echo", "display_name": "Echo", "language": "echo"}
for source in [
    "hello",
    "!display a picture",
    "!show bar 10 %\n!update bar 100 %",
    "!lines 20000",
    "!result 42",
    "!raise oh",
    "after the error",
]:
    notebook.cells.append(nbformat.v4.new_code_cell(source))
nbclient.NotebookClient(notebook, timeout=60, allow_errors=True).execute()
outputs = [cell.outputs for cell in notebook.cells]
assert outputs[0] == [{"output_type": "stream", "name": "stdout", "text": "hello\n"}], outputs[0]
assert set(outputs[1][0]["data"]) == {"text/plain", "image/svg+xml"}, outputs[1]
assert [output["data"]["text/plain"] for output in outputs[2]] == ["100 %"], outputs[2]
lines = "".join(output["text"] for output in outputs[3])
assert lines == "".join(f"line {line}\n" for line in range(20000)), len(lines)
assert outputs[4][0]["execution_count"] == 5 and outputs[4][0]["data"]["text/plain"] == "42", outputs[4]
assert outputs[5][0]["ename"] == "Raised", outputs[5]
assert outputs[6][0]["text"] == "after the error\n", outputs[6]
nbformat.validate(notebook)
