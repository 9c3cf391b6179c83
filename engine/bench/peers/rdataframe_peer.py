"""The two passes with ROOT's RDataFrame: rdataframe_peer.py FILE [--tree T] [--threads N] [--check]

One compiled C++ action for each pass, written out branch by branch and optimised (-O3), as a good ROOT user would
write it. The compilation is not part of the time: each action runs once before on the first event of the file.
"""

import ROOT
from peer import CHUNK, arguments, measured


def cpp(columns):
    """The C++ of both passes for branches of the given types; jagged ones are RVec."""
    parameters = ", ".join(
        f"const {kind} &b{position}" if "RVec" in kind else f"{kind} b{position}"
        for position, kind in enumerate(columns.values())
    )
    look, put = "", ""
    for position, kind in enumerate(columns.values()):
        if "RVec" in kind:
            look += f"s.list({position}, b{position}); "
            put += f"{{ int at = first[{position}]; for (auto x : b{position}) {{ row[at] = scaled({position}, x); mask[at++] = 0; }} }} "
        else:
            look += f"s.value({position}, b{position}); "
            put += f"row[first[{position}]] = scaled({position}, b{position}); mask[first[{position}]] = 0; "
    n_branches = len(columns)
    return f"""
#pragma cling optimize(3)
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>
#include <ROOT/RDataFrame.hxx>
#include <ROOT/RDF/RDatasetSpec.hxx>
#include <ROOT/RVec.hxx>

struct Specs {{
  float low[{n_branches}], high[{n_branches}]; int width[{n_branches}];
  Specs() {{ std::fill_n(low, {n_branches}, INFINITY); std::fill_n(high, {n_branches}, -INFINITY); std::fill_n(width, {n_branches}, 0); }}
  void value(int b, float x) {{ low[b] = std::min(low[b], x); high[b] = std::max(high[b], x); width[b] = 1; }}
  template <class List> void list(int b, const List &values) {{
    width[b] = std::max<int>(width[b], values.size());
    for (float x : values) {{ low[b] = std::min(low[b], x); high[b] = std::max(high[b], x); }}
  }}
}};
struct Rows {{ std::vector<float> values; std::vector<unsigned char> mask; std::size_t n = 0; double sum = 0; long long nan = 0; }};
Specs all; float low[{n_branches}], factor[{n_branches}]; int first[{n_branches}]; int width; double total; long long missing; bool check;

inline float scaled(int b, float x) {{ return factor[b] ? (x - low[b]) * factor[b] : x; }}

ROOT::RDataFrame frame(const std::string &tree, const std::string &file, Long64_t n) {{
  ROOT::RDF::Experimental::RDatasetSpec spec;
  spec.AddSample({{"sample", tree, file}});
  if (n > 0) spec.WithGlobalRange({{0, n}});
  return ROOT::RDataFrame(spec);
}}
void measure(const std::string &tree, const std::string &file, const std::vector<std::string> &columns, int threads, Long64_t n) {{
  std::vector<Specs> specs(threads);
  frame(tree, file, n).ForeachSlot([&specs](unsigned slot, {parameters}) {{ Specs &s = specs[slot]; {look} }}, columns);
  all = Specs();
  width = 0;
  for (int b = 0; b < {n_branches}; b++) {{
    for (const Specs &s : specs) {{
      all.low[b] = std::min(all.low[b], s.low[b]); all.high[b] = std::max(all.high[b], s.high[b]); all.width[b] = std::max(all.width[b], s.width[b]);
    }}
    first[b] = width; width += all.width[b];
    low[b] = all.low[b]; factor[b] = all.high[b] > all.low[b] ? 1 / (all.high[b] - all.low[b]) : 0;
  }}
}}
void hand_over(Rows &rows) {{
  if (check) for (std::size_t k = 0; k < rows.n * width; k++) {{ if (std::isnan(rows.values[k])) rows.nan++; else rows.sum += rows.values[k]; }}
  rows.n = 0;
}}
void fill(const std::string &tree, const std::string &file, const std::vector<std::string> &columns, int threads, Long64_t n) {{
  const std::size_t most = {CHUNK} / threads;
  std::vector<Rows> all_rows(threads);
  for (Rows &rows : all_rows) {{ rows.values.resize(most * width); rows.mask.resize(most * width); }}
  frame(tree, file, n).ForeachSlot([&all_rows, most](unsigned slot, {parameters}) {{
    Rows &rows = all_rows[slot];
    float *row = &rows.values[rows.n * width]; unsigned char *mask = &rows.mask[rows.n * width];
    std::fill_n(row, width, NAN); std::fill_n(mask, width, 1);
    {put}
    if (++rows.n == most) hand_over(rows);
  }}, columns);
  total = 0; missing = 0;
  for (Rows &rows : all_rows) {{ hand_over(rows); total += rows.sum; missing += rows.nan; }}
}}
"""


def main():
    options = arguments()
    ROOT.gROOT.SetBatch(True)
    if options.threads > 1:
        ROOT.EnableImplicitMT(options.threads)
    frame = ROOT.RDataFrame(options.tree, options.file)
    columns = {str(name): str(frame.GetColumnType(name)) for name in frame.GetColumnNames()}
    n_events = frame.Count().GetValue()
    ROOT.gInterpreter.Declare(cpp(columns))
    names = ROOT.std.vector("std::string")(list(columns))
    here = (options.tree, options.file, names, options.threads)
    ROOT.measure(*here, 1)
    ROOT.fill(*here, 1)
    ROOT.check = options.check

    def fill():
        ROOT.fill(*here, 0)
        return {"width": ROOT.width, "sum": ROOT.total, "nan": ROOT.missing} if options.check else None

    reader = f"RDataFrame {ROOT.gROOT.GetVersion()}"
    measured(reader, "specs", options.threads, n_events, lambda: ROOT.measure(*here, 0))
    measured(reader, "fill", options.threads, n_events, fill)


main()
