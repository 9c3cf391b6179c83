"""The chunks and specs of the original MLaaS4HEP by its stated rules, compared bit for bit with those of
`mlaas4hep matrix --compat WHICH --dtype f64`:

    check_original.py RUNS

RUNS is a JSON file with a list of runs: `compat`, the `folder` with the output, `files`, `labels`, `params`, and `keep`, a
Python expression over `events` (awkward) that is true for the events that pass the cuts, or null. Reads the files with
uproot and computes with numpy. The rules:

* first pass, file by file: minimum, maximum and largest number of values of each branch, over the first `nevts` events
  that pass, up to the end of the step of `chunk_size` entries in which these end (widths: of these events only, where
  there are cuts). Without cuts, a step larger than `nevts` ends with them;
* columns: flat branches, then jagged ones, less the identifier; sorted by name for `master`, in the order of the tree or
  of `selected_branches` for `uproot4`;
* (x - min) / (max - min) in 64 bits, in 32 bits for lists of 32-bit floats; as it is where min = max; NaN behind the
  last value of a list; mask 1 where the matrix is NaN;
* shares of each file, and the end of the chunks, as in engine/event-matrix/tests/fixtures/original_chunks.py.

Prints the number of chunks, rows and columns of each run as a JSON list; ends with an error at the first difference.
"""

import json
import sys
from pathlib import Path

import awkward
import numpy
import uproot

IDENTIFIER = ["run", "event", "luminosityBlock"]


class File:
    """One file: its branches after the cuts, and the first pass over it."""

    def __init__(self, name, params, keep):
        tree = uproot.open(name)[params.get("branch", "Events")]
        names = params.get("selected_branches") or tree.keys()
        excluded = params.get("exclude_branches", []) if not params.get("selected_branches") else []
        self.order = [own for own in names if own not in excluded]
        self.name = name
        events = tree.arrays()
        kept = numpy.arange(len(events))
        if keep:
            passing = awkward.to_numpy(eval(keep, {"events": events, "awkward": awkward, "numpy": numpy}))
            kept = kept[passing]
        self.size = len(kept)
        self.branches = {own: events[own][kept] for own in self.order}
        self.jagged = [own for own in self.order if self.branches[own].ndim > 1]
        self.flat = [own for own in self.order if self.branches[own].ndim == 1]
        for_ranges, for_widths = first_pass(kept, len(events), params, keep)
        self.minv, self.maxv, self.jdim = {}, {}, {}
        for own, values in self.branches.items():
            numbers = awkward.to_numpy(awkward.ravel(values[:for_ranges]))
            self.minv[own] = float(numbers.min()) if len(numbers) else 1e15
            self.maxv[own] = float(numbers.max()) if len(numbers) else -1e15
            if own in self.jagged:
                self.jdim[own] = int(awkward.max(awkward.num(values[:for_widths]), initial=0))


def first_pass(kept, n_entries, params, keep):
    """How many of the events that pass count for ranges and for widths."""
    nevts, size = params.get("nevts", -1), params.get("chunk_size", 1000)
    if nevts == -1:
        return len(kept), len(kept)
    step = n_entries if size == -1 else min(size, n_entries)
    if not keep and step > nevts:
        return nevts, nevts
    last = kept[min(nevts, len(kept)) - 1]
    end = int(numpy.searchsorted(kept, (last // step + 1) * step)) if nevts <= len(kept) else len(kept)
    return end, (min(nevts, end) if keep else end)


def merged(files):
    specs = {"jdim": {}, "minv": {}, "maxv": {}}
    for own in files[0].order:
        specs["minv"][own] = min(file.minv[own] for file in files)
        specs["maxv"][own] = max(file.maxv[own] for file in files)
        if own in files[0].jagged:
            specs["jdim"][own] = max(file.jdim[own] for file in files)
    return specs


def columns_of(file, which, params):
    identifier = params.get("identifier") or IDENTIFIER
    flat = [own for own in file.flat if own not in identifier]
    return (sorted(flat), sorted(file.jagged)) if which == "master" else (flat, file.jagged)


def matrix(file, n_rows, flat, jagged, specs):
    blocks, names = [], []
    for own in flat + jagged:
        low, high = specs["minv"][own], specs["maxv"][own]
        values = file.branches[own][:n_rows]
        numbers = awkward.to_numpy(awkward.ravel(values))
        if own in flat or numbers.dtype != numpy.float32:
            numbers = numbers.astype(numpy.float64)
        if low != high:
            numbers = (numbers - numbers.dtype.type(low)) / numbers.dtype.type(high - low)
        if own in flat:
            names.append(own)
            blocks.append(numbers.astype(numpy.float64).reshape(-1, 1))
            continue
        counts = awkward.to_numpy(awkward.num(values))
        block = numpy.full((len(values), specs["jdim"][own]), numpy.nan)
        block[numpy.arange(block.shape[1]) < counts[:, None]] = numbers
        names += [f"{own}_{place}" for place in range(block.shape[1])]
        blocks.append(block)
    return names, numpy.concatenate(blocks, axis=1)


def chunks_of(sizes, params):
    nevts, size = params.get("nevts", -1), params.get("chunk_size", 1000)
    size = sum(sizes) if size == -1 else size
    whole = sum(sizes) if nevts == -1 else nevts
    quotas = sizes if nevts == -1 else [max(1, round(own / sum(sizes) * nevts)) for own in sizes]
    shares = [round(quota / whole * size) for quota in quotas]
    read = [0] * len(sizes)
    is_last = False
    while not is_last:
        chunk = []
        for file, (share, quota) in enumerate(zip(shares, quotas)):
            is_last = is_last or share + read[file] >= quota
            rest = size - sum(stop - start for start, stop in chunk)
            fills = share and file == len(sizes) - 1
            events = quota - read[file] if is_last else rest if fills else share
            chunk.append((read[file], read[file] + events))
            read[file] += events
        yield chunk


def same(what, found, expected):
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        for key, value in expected.items():
            same(f"{what} of {key}", found[key], value)
    elif found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def check_specs(folder, files, specs):
    stored = json.loads((folder / "global-specs.json").read_text())
    for key in ("jdim", "minv", "maxv"):
        same(f"global {key}", stored[key], specs[key])
    same("global fkeys", stored["fkeys"], files[0].flat)
    same("global jkeys", stored["jkeys"], files[0].jagged)
    sizes = {file.name: file.size for file in files}
    same("events", stored["events"], {"total": sum(sizes.values()), **sizes})
    for file in files:
        stored = json.loads((folder / f"specs-{Path(file.name).stem}.json").read_text())
        for key in ("jdim", "minv", "maxv"):
            same(f"{key} of {file.name}", stored[key], getattr(file, key))
        same(f"flat keys of {file.name}", len(stored["fkeys"]), len(set(file.flat) - set(IDENTIFIER)))


def check(run):
    which, folder, params = run["compat"], Path(run["folder"]), run["params"]
    files = [File(name, params, run["keep"]) for name in run["files"]]
    specs = merged(files)
    check_specs(folder, files, specs)
    flat, jagged = columns_of(files[0], which, params)
    chunks = list(chunks_of([file.size for file in files], params))
    wholes = []
    for file, (_, n_rows) in zip(files, chunks[-1]):
        columns, whole = matrix(file, n_rows, flat, jagged, specs)
        wholes.append(whole)
    same("columns", json.loads((folder / "columns.json").read_text())["columns"], columns)
    n_rows = 0
    for number, chunk in enumerate(chunks):
        expected = numpy.concatenate([whole[start:stop] for whole, (start, stop) in zip(wholes, chunk)])
        found = numpy.load(folder / f"matrix-{number:04}.npy")
        same("shape", found.shape, expected.shape)
        missing = numpy.isnan(expected)
        differs = (found.view("u8") != expected.view("u8")) & ~(missing & numpy.isnan(found))
        same(f"differing values of chunk {number}", int(differs.sum()), 0)
        mask = numpy.load(folder / f"mask-{number:04}.npy")
        same("mask", bool((mask == missing).all()), True)
        expected = numpy.repeat(run["labels"], [stop - start for start, stop in chunk])
        same("labels", numpy.load(folder / f"labels-{number:04}.npy").tolist(), expected.tolist())
        n_rows += len(found)
    same("chunks", len(list(folder.glob("matrix-*.npy"))), len(chunks))
    return {"chunks": len(chunks), "rows": n_rows, "columns": len(columns)}


def main():
    found = []
    for run in json.loads(Path(sys.argv[1]).read_text()):
        try:
            found.append(check(run))
        except SystemExit as difference:
            sys.exit(f"{run}: {difference}")
    print(json.dumps(found))


main()
