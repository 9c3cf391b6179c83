"""Writes data like those of a ttH analysis: generate.py OUT.root [--events N] [--compression zlib|lz4|zstd|none]

22 flat branches (12 float, 8 int, 1 double, 1 64-bit integer) and 52 std::vector branches that share three counts:
28 of jets (at most 6), 12 of leptons (at most 4), 12 of others (at most 5); the last of each group are int, the
others float. Floats keep 11 bits of their mantissa, as NanoAOD stores them. The numbers do not depend on the
compression. Needs ROOT in this Python.
"""

import argparse

import ROOT

COMPRESSIONS = {"zlib": 101, "lz4": 404, "zstd": 505, "none": 0}

CPP = r"""
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>
#include "TFile.h"
#include "TTree.h"

struct Group { const char *name; int n_branches, n_int, most; double mean; };

// Splits 64 random bits into 0 .. 1, so that the numbers are the same with every standard library.
struct Numbers {
  std::mt19937_64 engine;
  double uniform() { return ((engine() >> 11) + 0.5) / 9007199254740992.0; }
  double falling(double mean) { return -mean * std::log(uniform()); }
  double bell() { return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform()); }
};

float eleven_bits(double value) {
  float number = value;
  std::uint32_t bits;
  std::memcpy(&bits, &number, 4);
  bits = (bits + 0x800u) & 0xfffff000u;
  std::memcpy(&number, &bits, 4);
  return number;
}

void write_events(const char *path, Long64_t n_events, int compression, unsigned seed) {
  TFile file(path, "RECREATE", "", compression);
  TTree *tree = new TTree("events", "flat and jagged branches");
  Numbers random{std::mt19937_64(seed)};
  Long64_t event; double weight; float floats[12]; int ints[8];
  tree->Branch("event", &event); tree->Branch("weight", &weight);
  for (int k = 0; k < 12; k++) tree->Branch(("float_" + std::to_string(k)).c_str(), &floats[k]);
  for (int k = 0; k < 8; k++) tree->Branch(("int_" + std::to_string(k)).c_str(), &ints[k]);
  const Group groups[] = {{"jet", 28, 4, 6, 0.8}, {"lepton", 12, 2, 4, 0.6}, {"other", 12, 2, 5, 1.1}};
  std::vector<std::vector<float>> float_lists(52); std::vector<std::vector<int>> int_lists(52);
  int position = 0;
  for (const Group &group : groups)
    for (int b = 0; b < group.n_branches; b++, position++) {
      std::string name = std::string(group.name) + "_" + std::to_string(b);
      if (b >= group.n_branches - group.n_int) tree->Branch(name.c_str(), &int_lists[position]);
      else tree->Branch(name.c_str(), &float_lists[position]);
    }
  for (event = 0; event < n_events; event++) {
    weight = 1 + 0.1 * random.bell();
    for (int k = 0; k < 12; k++)
      floats[k] = eleven_bits(k % 3 == 0 ? random.falling(120) : k % 3 == 1 ? random.bell() : 6.2832 * random.uniform() - 3.1416);
    ints[0] = 1; ints[1] = event / 2000; ints[5] = random.falling(25); ints[6] = 3 * random.uniform(); ints[7] = 65536 * random.uniform();
    int group_number = 0; position = 0;
    for (const Group &group : groups) {
      int count = random.falling(group.mean) + (group_number == 0 ? 1 : 0);
      if (count > group.most) count = group.most;
      ints[2 + group_number++] = count;
      for (int b = 0; b < group.n_branches; b++, position++) {
        float_lists[position].resize(count); int_lists[position].resize(count);
        for (int k = 0; k < count; k++)
          if (b >= group.n_branches - group.n_int) int_lists[position][k] = 64 * random.uniform() - 12;
          else float_lists[position][k] = eleven_bits(b % 3 == 0 ? 20 + random.falling(70) : b % 3 == 1 ? random.bell() : random.uniform());
      }
    }
    tree->Fill();
  }
  tree->Write();
}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--compression", choices=COMPRESSIONS, default="zlib")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    ROOT.gInterpreter.Declare(CPP)
    ROOT.write_events(arguments.out, arguments.events, COMPRESSIONS[arguments.compression], arguments.seed)


main()
