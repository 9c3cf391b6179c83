"""Draws the images of `mlaas4hep matrix --image` with numpy: check_images.py FOLDER FILE.root ..

Reads FOLDER/image-NNNN.npy and the layout of the image in columns.json, draws every event of the files again, in
their order, and prints as one JSON object how far the images lie apart.
"""

import glob
import json
import sys

import numpy
import uproot


def bins(axis, coordinate):
    """The bin of each particle, and which of them fall into one."""
    span = axis["high"] - axis["low"]
    distance = numpy.asarray(coordinate, "f8") - axis["low"]
    if axis["is_periodic"]:
        distance = distance % span
    inside = (distance >= 0) & (distance < span)
    return (distance / span * axis["n_bins"]).astype(int), inside


def draw(layout, eta, phi, value):
    picture = numpy.zeros((layout["y"]["n_bins"], layout["x"]["n_bins"]))
    column, in_eta = bins(layout["x"], eta)
    row, in_phi = bins(layout["y"], phi)
    inside = in_eta & in_phi
    add = {"sum": numpy.add, "max": numpy.maximum}[layout["collision"]]
    add.at(picture, (row[inside], column[inside]), numpy.asarray(value, "f8")[inside])
    return picture, int(inside.sum())


def events(path, layout):
    names = [layout["x"]["branch"], layout["y"]["branch"]] + ([layout["value"]] if layout["value"] else [])
    columns = uproot.open(path)["Events"].arrays(names, library="np")
    for position in range(len(columns[names[0]])):
        eta, phi = (columns[name][position] for name in names[:2])
        yield eta, phi, columns[names[2]][position] if layout["value"] else numpy.ones(len(eta))


def main():
    folder, *files = sys.argv[1:]
    layout = json.load(open(f"{folder}/columns.json"))["image"]
    found = numpy.concatenate([numpy.load(path) for path in sorted(glob.glob(f"{folder}/image-*.npy"))])
    assert found.shape[1:] == (layout["y"]["n_bins"], layout["x"]["n_bins"]), found.shape
    drawn = [draw(layout, *event) for path in files for event in events(path, layout)]
    expected = numpy.asarray([picture for picture, _ in drawn])
    assert expected.shape == found.shape, (expected.shape, found.shape)
    largest = float((numpy.abs(expected - found) / numpy.maximum(expected, 1)).max())
    n_drawn, n_events = sum(n for _, n in drawn), len(drawn)
    print(json.dumps({"n_events": n_events, "n_particles_drawn": n_drawn, "largest_difference": largest}))


main()
