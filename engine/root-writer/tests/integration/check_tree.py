"""Compares a tree with what it must hold, value by value: check_tree.py FILE TREE EXPECTED.json

Reads the file with uproot, and with ROOT (RDataFrame, TTree::Draw, TLeafC) where ROOT is
installed. Floating-point numbers are compared by their bits. Ends with status 1 at the first difference.
"""

import json
import sys

import awkward
import numpy
import uproot

DTYPES = {"bool": "u1", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "u8": "u1", "u16": "u2", "u32": "u4",
          "u64": "u8", "f32": "u4", "f64": "u8"}


def bits(values, element):
    """Numbers as integers: floats by their bits."""
    values = numpy.asarray(values)
    if element in ("f32", "f64"):
        values = values.astype({"f32": "<f4", "f64": "<f8"}[element])
        return values.view(DTYPES[element])
    return values.astype(DTYPES[element])


def equal(reader, name, found, expected, element):
    """Ends the program unless two flat lists of numbers are equal."""
    found, expected = bits(found, element), numpy.asarray(expected, dtype=DTYPES[element])
    if found.shape != expected.shape or not (found == expected).all():
        where = "" if found.shape != expected.shape else f" first at {numpy.argmax(found != expected)}"
        sys.exit(f"{reader}, branch {name}: {found.shape} values for {expected.shape}{where}")


def flatten(entries, kind):
    return entries if kind == "flat" else [value for entry in entries for value in entry]


def check_counts(reader, name, found, entries):
    if list(found) != [len(entry) for entry in entries]:
        sys.exit(f"{reader}, branch {name}: other numbers of values in the entries")


def check_uproot(path, tree_name, expected):
    tree = uproot.open(path)[tree_name]
    if tree.num_entries != expected["n_entries"] or tree.keys() != list(expected["branches"]):
        sys.exit(f"uproot: {tree.num_entries} entries of {tree.keys()}")
    for name, branch in expected["branches"].items():
        found = tree[name].array()
        if branch["kind"] == "text":
            if awkward.to_list(found) != branch["entries"]:
                sys.exit(f"uproot, branch {name}: other texts")
            continue
        if branch["kind"] == "jagged":
            check_counts("uproot", name, awkward.num(found), branch["entries"])
        values = awkward.to_numpy(awkward.flatten(found, axis=None))
        equal("uproot", name, values, flatten(branch["entries"], branch["kind"]), branch["type"])


def check_root(path, tree_name, expected):
    try:
        import ROOT
    except ImportError:
        print("SKIPPED ROOT: it is not installed in this Python")
        return
    numbers = {name: branch for name, branch in expected["branches"].items() if branch["kind"] != "text"}
    frame = ROOT.RDataFrame(tree_name, path)
    if frame.Count().GetValue() != expected["n_entries"]:
        sys.exit("RDataFrame: another number of entries")
    for name, branch in numbers.items():
        # PyROOT gives characters as text and no array of a list of bool; as integers they come through.
        if branch["type"] in ("bool", "i8", "u8"):
            whole = f"int({name})" if branch["kind"] == "flat" else f"ROOT::RVecI({name}.begin(), {name}.end())"
            frame = frame.Define(f"as_int_{name}", whole)
    columns = {name: f"as_int_{name}" if branch["type"] in ("bool", "i8", "u8") else name
               for name, branch in numbers.items()}
    arrays = frame.AsNumpy(list(columns.values())) if expected["n_entries"] else {}
    for name, column in columns.items() if arrays else ():
        branch, found = numbers[name], arrays[column]
        if branch["kind"] == "jagged":
            check_counts("RDataFrame", name, [len(entry) for entry in found], branch["entries"])
        if branch["kind"] != "flat":
            found = numpy.concatenate([numpy.asarray(entry) for entry in found])
        if branch["type"] in ("bool", "i8", "u8"):
            found = found.astype(DTYPES[branch["type"]])
        equal("RDataFrame", name, found, flatten(branch["entries"], branch["kind"]), branch["type"])
    check_draw(ROOT, path, tree_name, expected, numbers)


def check_draw(ROOT, path, tree_name, expected, numbers):
    file = ROOT.TFile.Open(path)
    tree = file.Get(tree_name)
    if tree.GetEntries() != expected["n_entries"]:
        sys.exit("TTree: another number of entries")
    most = max((len(flatten(branch["entries"], branch["kind"])) for branch in numbers.values()), default=0)
    tree.SetEstimate(most + 1)
    for name, branch in numbers.items():
        if branch["type"] == "i8" and branch["kind"] == "fixed":
            continue  # Draw takes char[n] for text.
        flat = numpy.asarray(flatten(branch["entries"], branch["kind"]), dtype=DTYPES[branch["type"]])
        if branch["type"] in ("f32", "f64"):
            flat = flat.view({"f32": "<f4", "f64": "<f8"}[branch["type"]])
        n_drawn = tree.Draw(name, "", "goff")
        drawn = numpy.array(numpy.frombuffer(tree.GetV1(), count=n_drawn)) if n_drawn > 0 else numpy.empty(0)
        with numpy.errstate(invalid="ignore"):
            same = numpy.array_equal(drawn, flat.astype("f8"), equal_nan=True)
        if not same:
            sys.exit(f"TTree::Draw, branch {name}: {drawn[:5]} for {flat[:5]}")
    texts = [name for name, branch in expected["branches"].items() if branch["kind"] == "text"]
    for name in texts:
        leaf = tree.GetLeaf(name)
        for entry, wanted in enumerate(expected["branches"][name]["entries"]):
            tree.GetEntry(entry)
            if leaf.GetValueString() != wanted:
                sys.exit(f"TTree, branch {name}, entry {entry}: {leaf.GetValueString()!r} for {wanted!r}")


def main():
    path, tree_name, expected_path = sys.argv[1:]
    with open(expected_path, encoding="utf-8") as file:
        expected = json.load(file)
    check_uproot(path, tree_name, expected)
    check_root(path, tree_name, expected)


main()
