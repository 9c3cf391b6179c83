"""Makes expected.json: what numpy and awkward give for the expressions below.

Run: python make_expected.py > expected.json   (numpy 2, awkward 2)
Values that JSON cannot hold are written as the words nan, inf and -inf.
"""

import json
import sys

import awkward as ak
import numpy as np

rng = np.random.default_rng(20261121)
counts = np.array([3, 0, 1, 5, 2, 0, 4, 1])
n = int(counts.sum())
flat = {
    "i": rng.integers(-5, 6, 8).astype(np.int32),
    "s": rng.integers(-100, 100, 8).astype(np.int16),
    "b": rng.integers(0, 200, 8).astype(np.uint8),
    "f": rng.normal(size=8).astype(np.float32),
    "d": np.array([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf, 1e300]),
}
lists = {
    "x": rng.normal(scale=3, size=n).astype(np.float32),
    "y": rng.uniform(0.1, 0.9, size=n).astype(np.float32),
    "k": rng.integers(-3, 4, n).astype(np.int32),
}
names = dict(flat)
names.update({key: ak.unflatten(value, counts) for key, value in lists.items()})
names.update({key: getattr(np, key) for key in """
    abs arccos arcsin arcsinh arctan arctan2 arctanh cbrt ceil copysign cos cosh exp exp2 expm1 fabs floor fmax fmin
    hypot isfinite isinf isnan log log10 log1p log2 nextafter rint signbit sin sinh sqrt tan tanh trunc where
    logical_and logical_or""".split()})

# Left the text for this project, right for numpy where it differs.
exact = """i + s|i * b|s * b|i / s|i / 3|i // 3|i % 3|-i // 2|s % -7|i ** 2|f ** 2|f * i|f * s|f / 3|f + 0.1|d * f|d // 2
d % 2|x + y|x * f|x / y|x * 2.5|k * 2.5|k * x|k // 2|k % 2|k / 2|-k|~k|k & 3|b & 7|x > f|x >= y|d == d|d != d|d > 0|i < s
abs(i)|abs(x)|fabs(x)|ceil(x)|floor(x)|trunc(x)|rint(x)|rint(d)|sqrt(x)|sqrt(i)|sqrt(s)|fmax(x, y)|fmin(d, f)
copysign(x, y)|copysign(d, f)|isnan(d)|isinf(d)|isfinite(d)|signbit(d)|signbit(x)|nextafter(x, y)
logical_and(i, s)|logical_or(i, b)|(i > 0) & (s > 0)|(x > 0) | (y > 0.5)|(x > 0) ^ (y > 0.5)|~(x > 0)"""
close = """log(y)|log(f)|log(i)|log(s)|log10(y)|log1p(y)|log2(y)|exp(x)|exp2(x)|expm1(x)|exp(i)|sin(x)|cos(x)|tan(x)
arcsin(y)|arccos(y)|arctan(x)|arctanh(y)|arcsinh(x)|sinh(x)|cosh(x)|tanh(x)|cbrt(x)|arctan2(x, y)|hypot(x, y)
d ** 3|f ** 3|x ** 3|y ** x|i ** -1.0|log(d)|sin(d)"""
own = {
    "20 * f < i <= s": "(20 * f < i) & (i <= s)",
    "where(i > 0, f, d)": "where(i > 0, f, d)",
    "where(x > 0, x, y)": "ak.where(x > 0, x, y)",
    "sum(k)": "ak.sum(k, axis=1)",
    "count(x > 0)": "ak.sum(x > 0, axis=1)",
    "len(x)": "ak.num(x)",
    "any(x > 0)": "ak.any(x > 0, axis=1)",
    "all(x > 0)": "ak.all(x > 0, axis=1)",
    "min(x)": "ak.fill_none(ak.min(x, axis=1), np.nan)",
    "max(k)": "ak.fill_none(ak.max(k, axis=1), np.nan)",
    "argmax(x)": "ak.fill_none(ak.argmax(x, axis=1), -1)",
    "x[0]": "ak.fill_none(ak.firsts(x), np.nan)",
    "x[x > 0 and y > 0.5]": "x[(x > 0) & (y > 0.5)]",
    "prod(k)": "ak.prod(k, axis=1)",
}
own_close = {
    "sum(x)": "ak.sum(ak.values_astype(x, np.float64), axis=1)",
    "mean(x)": "ak.fill_none(ak.mean(ak.values_astype(x, np.float64), axis=1), np.nan)",
}


def plain(values):
    words = lambda v: v if isinstance(v, (bool, int)) else (v if np.isfinite(v) else {True: "nan"}.get(bool(np.isnan(v)), "inf" if v > 0 else "-inf"))
    return [words(v) for v in np.asarray(ak.flatten(values, axis=None)).tolist()]


def case(text, python, tolerance):
    with np.errstate(all="ignore"):
        value = eval(python, {"np": np, "ak": ak}, names)  # our own words, above
    dtype = str(np.asarray(ak.flatten(value, axis=None)).dtype)
    return {"text": text, "dtype": dtype, "exact": not tolerance, "values": plain(value)}


words = lambda text: [word for line in text.split("\n") for word in split(line)]


def split(line):
    # `|` between cases has no blanks around it; the operator has.
    parts, current = [], ""
    for index, letter in enumerate(line):
        if letter == "|" and line[index - 1] != " ":
            parts.append(current)
            current = ""
        else:
            current += letter
    return parts + [current]


cases = [case(word, word, False) for word in words(exact)]
cases += [case(word, word, True) for word in words(close)]
cases += [case(text, python, False) for text, python in own.items()]
cases += [case(text, python, True) for text, python in own_close.items()]
branches = {key: {"dtype": str(value.dtype), "values": plain(value)} for key, value in flat.items()}
branches.update({key: {"dtype": str(v.dtype), "counts": counts.tolist(), "values": plain(v)} for key, v in lists.items()})
json.dump({"branches": branches, "cases": cases}, sys.stdout)
