"""Runs a notebook of examples/notebooks as `jupyter execute` does, and checks what its outputs show.

    notebooks.py NOTEBOOK FOLDER CHECKS

CHECKS is a JSON list, one entry for each code cell from the first: a list of texts that its output must hold. `image` asks
for a picture, and a text that starts with `!` must not be there.
"""

import json
import pathlib
import sys

import nbclient
import nbformat


def texts(cell):
    """Everything that a cell shows as text, and the formats that it shows."""
    said, formats = [], set()
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            said.append(output["text"])
        elif output["output_type"] == "error":
            said.append("\n".join(output["traceback"]))
        else:
            formats.update(output["data"])
            said.append(str(output["data"].get("text/plain", "")))
    return "\n".join(said), formats


def main():
    path, folder, checks = pathlib.Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if len(cells) != len(checks):
        sys.exit(f"{path.name} has {len(cells)} code cells, {len(checks)} are checked")
    for number, (cell, wanted) in enumerate(zip(cells, checks), 1):
        said, formats = texts(cell)
        for text in wanted:
            if text == "image":
                if not formats & {"image/svg+xml", "image/png"}:
                    sys.exit(f"cell {number} of {path.name} shows no picture:\n{said}")
            elif text.startswith("!"):
                if text[1:] in said:
                    sys.exit(f"cell {number} of {path.name} shows {text[1:]!r}:\n{said}")
            elif text not in said:
                sys.exit(f"cell {number} of {path.name} does not show {text!r}:\n{said}")
    nbformat.write(notebook, pathlib.Path(folder) / path.name)


main()
