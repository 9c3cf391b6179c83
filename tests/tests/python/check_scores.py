"""Looks at the scores of a model with other programs: check_scores.py MODEL_STEM EVENTS.root

Reads STEM.root with uproot and ROOT, STEM.csv, STEM.jsonl and STEM.parquet with pandas, repeats the cuts and new
branches of the example's selection with awkward, runs STEM.onnx with onnxruntime on these branches, and prints what
it found as one JSON object.
"""

import json
import sys

import awkward
import numpy
import onnxruntime
import pandas
import ROOT
import sklearn.metrics
import uproot


def selected(events):
    """The selection of examples/signal-and-background/selection.txt; new branches, and which events pass."""
    tagged = events["Jet_btag"] > 0.6
    pt, eta, phi, mass = (awkward.values_astype(events[f"Jet_{name}"][tagged], "f8") for name in ("pt", "eta", "phi", "mass"))
    px, py, pz = pt * numpy.cos(phi), pt * numpy.sin(phi), pt * numpy.sinh(eta)
    energy = numpy.sqrt(px**2 + py**2 + pz**2 + mass**2)
    total = [awkward.to_numpy(awkward.sum(part, axis=1)) for part in (energy, px, py, pz)]
    squared = total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2
    new = {
        "n_b": awkward.to_numpy(awkward.num(pt)),
        "m_b": numpy.sqrt(numpy.maximum(squared, 0)),
        "n_jets_30": awkward.to_numpy(awkward.sum(events["Jet_pt"] > 30, axis=1)),
    }
    trigger = awkward.to_numpy(events["HLT_IsoMu24"]) | awkward.to_numpy(events["HLT_Ele32"])
    passed = trigger & (new["n_b"] >= 2) & (awkward.to_numpy(events["MET_pt"]) > 20)
    return new, passed


def graph_input(node, values):
    element = {"tensor(float)": "f4", "tensor(double)": "f8"}[node.type]
    if values.ndim == 1:
        return awkward.to_numpy(values).astype(element)
    width = int(awkward.max(awkward.num(values)))
    padded = awkward.fill_none(awkward.pad_none(awkward.values_astype(values, element), width), numpy.nan)
    return awkward.to_numpy(padded).astype(element)


def scores_of_graph(path, events, new, passed):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = {}
    for node in session.get_inputs():
        values = new[node.name] if node.name in new else events[node.name]
        feed[node.name] = graph_input(node, values[passed])
    return session.run(None, feed)[0].ravel()


def main():
    stem, file = sys.argv[1:]
    tree = uproot.open(file)["Events"]
    events = tree.arrays()
    new, expected = selected(events)
    friend = uproot.open(f"{stem}.root")["scores"].arrays(library="np")
    frame = ROOT.RDataFrame("scores", f"{stem}.root").AsNumpy(["entry", "passed", "score"])
    tables = [
        pandas.read_csv(f"{stem}.csv"),
        pandas.read_json(f"{stem}.jsonl", lines=True),
        pandas.read_parquet(f"{stem}.parquet"),
        pandas.DataFrame(frame),
    ]
    passed, scores = friend["passed"].astype(bool), friend["score"]
    difference = 0.0
    for table in tables:
        assert list(table["entry"]) == list(range(len(passed))), table
        assert (table["passed"].astype(bool) == passed).all(), table
        assert table["score"].astype("f8").isna().to_numpy().tolist() == numpy.isnan(scores).tolist(), table
        difference = max(difference, float(numpy.nanmax(numpy.abs(table["score"].astype("f8") - scores))))
    graph = scores_of_graph(f"{stem}.onnx", events, new, passed)
    truth = awkward.to_numpy(events["is_signal"])
    print(json.dumps({
        "n_events": int(len(passed)),
        "n_passed": int(passed.sum()),
        "n_wrongly_cut": int((passed != expected).sum()),
        "largest_difference_of_files": difference,
        "largest_difference_to_onnxruntime": float(numpy.abs(graph - scores[passed]).max()),
        "auc": float(sklearn.metrics.roc_auc_score(truth[passed], scores[passed])),
    }))


main()
