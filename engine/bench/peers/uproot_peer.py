"""The two passes with uproot and numpy, whole chunks at a time: uproot_peer.py FILE [--tree T] [--threads N] [--check]

The fastest way with uproot that we know: no awkward operation on the values, one scatter of each jagged branch
into the matrix.
"""

import concurrent.futures

import numpy
import uproot
from peer import CHUNK, arguments, measured


def values_and_offsets(array):
    """The values of a branch side by side, and where each entry begins; no offsets for a flat branch."""
    layout = array.layout
    if layout.is_numpy:
        return layout.data, None
    layout = layout.to_ListOffsetArray64(True)
    offsets = numpy.asarray(layout.offsets)
    return numpy.asarray(layout.content.data)[: offsets[-1]], offsets


def scaled_as_the_original(values, low, high, is_jagged):
    """Scaled by a division: lists of 32-bit floats in 32 bits, all others in 64."""
    if high == low:
        return values
    if is_jagged and values.dtype == numpy.float32:
        return (values - numpy.float32(low)) / (numpy.float32(high) - numpy.float32(low))
    return (values.astype(numpy.float64) - float(low)) / (float(high) - float(low))


class Peer:
    def __init__(self, options):
        executor = concurrent.futures.ThreadPoolExecutor(options.threads) if options.threads > 1 else None
        self.executors = {"decompression_executor": executor, "interpretation_executor": executor}
        self.tree = uproot.open(options.file)[options.tree]
        self.check = options.check
        self.as_the_original = options.as_the_original
        self.specs = {}

    def chunks(self):
        return self.tree.iterate(step_size=CHUNK, library="ak", how=dict, **self.executors)

    def measure(self):
        """Smallest value, largest value and widest entry of each branch."""
        for chunk in self.chunks():
            for name, array in chunk.items():
                values, offsets = values_and_offsets(array)
                low, high, width, _ = self.specs.get(name, (numpy.inf, -numpy.inf, 0, False))
                if len(values):
                    low, high = min(low, values.min()), max(high, values.max())
                width = max(width, 1 if offsets is None else numpy.diff(offsets).max(initial=0))
                self.specs[name] = (low, high, width, offsets is not None)

    def fill(self):
        widths = [width for _, _, width, _ in self.specs.values()]
        firsts = dict(zip(self.specs, numpy.cumsum([0] + widths[:-1])))
        matrix = numpy.empty((CHUNK, sum(widths)), numpy.float32)
        mask = numpy.empty(matrix.shape, numpy.uint8)
        total, missing = 0.0, 0
        for chunk in self.chunks():
            n_rows = len(next(iter(chunk.values())))
            rows, row_mask = matrix[:n_rows], mask[:n_rows]
            rows.fill(numpy.nan)
            row_mask.fill(1)
            for name, array in chunk.items():
                self.fill_branch(rows, row_mask, firsts[name], name, array)
            if self.check:
                total += float(numpy.nansum(rows, dtype=numpy.float64))
                missing += int(row_mask.sum())
        return {"width": matrix.shape[1], "sum": total, "nan": missing} if self.check else None

    def fill_branch(self, rows, mask, first, name, array):
        low, high, _, is_jagged = self.specs[name]
        values, offsets = values_and_offsets(array)
        if self.as_the_original:
            values = scaled_as_the_original(values, low, high, is_jagged)
        else:
            values = values.astype(numpy.float32)
            if high > low:
                values = (values - numpy.float32(low)) * numpy.float32(1 / (float(high) - float(low)))
        if not is_jagged:
            rows[:, first] = values
            mask[:, first] = 0
            return
        counts = numpy.diff(offsets)
        row = numpy.repeat(numpy.arange(len(counts)), counts)
        column = numpy.arange(len(values)) - numpy.repeat(offsets[:-1], counts) + first
        rows[row, column] = values
        mask[row, column] = 0


def main():
    options = arguments()
    peer = Peer(options)
    reader = f"uproot {uproot.__version__}"
    n_events = peer.tree.num_entries
    measured(reader, "specs", options.threads, n_events, peer.measure)
    measured(reader, "fill", options.threads, n_events, peer.fill)


main()
