"""Writes expected.json: inputs and what scikit-learn, scipy, pandas and ROOT say about them.

Needs numpy, scipy, scikit-learn 1.5 or later, pandas and ROOT (PyPI `root`). Run it in this folder.
Scores and weights are multiples of powers of two, so that JSON holds them exactly.
"""

import json
import warnings

import numpy as np
import pandas as pd
import ROOT
from scipy import stats
from sklearn import metrics

warnings.simplefilter("ignore")
random = np.random.default_rng(20)


def exact(values, digits=12):
    return np.round(np.asarray(values) * 2**digits) / 2**digits


def scores_of(labels, smear, digits):
    return exact(1 / (1 + np.exp(-(2.0 * labels - 1 + random.normal(0, smear, len(labels))))), digits)


def weights_of(kind, n):
    if kind == "none":
        return None
    if kind == "positive":
        return exact(random.exponential(1.0, n)) + 2.0**-6
    if kind == "some zero":
        return exact(random.exponential(1.0, n)) * (random.random(n) > 0.2)
    return exact(random.exponential(1.0, n)) * np.where(random.random(n) < 0.1, -1, 1)


def class_scores(labels, predicted, weights, n_classes):
    numbers = list(range(n_classes))
    report = metrics.classification_report(
        labels, predicted, labels=numbers, sample_weight=weights, output_dict=True, zero_division=0
    )
    rows = [[report[str(c)][k] for k in ("precision", "recall", "f1-score", "support")] for c in numbers]
    return {
        "confusion": metrics.confusion_matrix(labels, predicted, labels=numbers, sample_weight=weights).tolist(),
        "classes": rows,
        "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weights),
        "macro": [report["macro avg"][k] for k in ("precision", "recall", "f1-score")],
        "weighted": [report["weighted avg"][k] for k in ("precision", "recall", "f1-score")],
    }


def pairs_auc(labels, scores, weights):
    """Mann and Whitney's sum over all pairs, which also holds for negative weights."""
    signal, background = labels == 1, labels == 0
    difference = scores[signal][:, None] - scores[background][None, :]
    product = weights[signal][:, None] * weights[background][None, :]
    return float((product * ((difference > 0) + 0.5 * (difference == 0))).sum() / product.sum())


def binary(name, n, smear, digits, kind):
    labels = (random.random(n) < 0.4).astype(int)
    labels[:2] = [0, 1]
    scores = scores_of(labels, smear, digits)
    weights = weights_of(kind, n)
    ones = np.ones(n) if weights is None else weights
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    with np.errstate(invalid="ignore"):
        g_means = np.sqrt(np.maximum(tpr * (1 - fpr), 0))
    expected = {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": thresholds[1:].tolist(),
        "auc": pairs_auc(labels, scores, ones) if kind == "negative" else
        metrics.roc_auc_score(labels, scores, sample_weight=weights),
        "auc_of_pairs": pairs_auc(labels, scores, ones),
        "log_loss": metrics.log_loss(labels, scores, sample_weight=weights, labels=[0, 1]),
        "best_threshold": float(thresholds[np.argmax(g_means)]),
        "g_mean": float(np.max(g_means)),
    }
    return expected | class_scores(labels, (scores >= 0.5).astype(int), weights, 2)


def several(name, n, n_classes, kind):
    labels = random.integers(0, n_classes, n)
    labels[:n_classes] = range(n_classes)
    raw = random.normal(0, 1, (n, n_classes))
    raw[np.arange(n), labels] += 1.0
    scores = np.exp(raw)
    # Rows that sum to one exactly: multiples of 2**-12, the rest to the first class.
    scores = exact(scores / scores.sum(axis=1, keepdims=True))
    scores[:, 0] += 1 - scores.sum(axis=1)
    weights = weights_of(kind, n)
    expected = {
        "name": name,
        "n_classes": n_classes,
        "labels": labels.tolist(),
        "scores": scores.ravel().tolist(),
        "weights": None if weights is None else weights.tolist(),
        "auc": metrics.roc_auc_score(labels, scores, multi_class="ovr", average="macro", sample_weight=weights),
        "log_loss": metrics.log_loss(labels, scores, sample_weight=weights),
    }
    return expected | class_scores(labels, scores.argmax(axis=1), weights, n_classes)


def regression(name, n, kind):
    targets = exact(random.gamma(3, 20, n))
    targets[:3] = 0
    answers = exact(targets * random.normal(1.02, 0.1, n) + random.normal(0, 1, n))
    weights = weights_of(kind, n)
    ones = np.ones(n) if weights is None else weights
    residuals = answers - targets
    bias = np.average(residuals, weights=ones)
    there = targets != 0
    response = np.average(answers[there] / targets[there], weights=ones[there])
    spread = np.average((answers[there] / targets[there] - response) ** 2, weights=ones[there])
    return {
        "name": name,
        "labels": targets.tolist(),
        "scores": answers.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "mse": metrics.mean_squared_error(targets, answers, sample_weight=weights),
        "mae": metrics.mean_absolute_error(targets, answers, sample_weight=weights),
        "r2": metrics.r2_score(targets, answers, sample_weight=weights),
        "bias": float(bias),
        "resolution": float(np.sqrt(np.average((residuals - bias) ** 2, weights=ones))),
        "response": float(response),
        "response_resolution": float(np.sqrt(spread)),
    }


def kolmogorov(name, n, shift, kind):
    """Whole numbers 0..63 as scores: one bin of the TH1 for each."""
    first = np.clip(random.normal(30, 10, n), 0, 63).astype(int)
    second = np.clip(random.normal(30 + shift, 10, n // 2), 0, 63).astype(int)
    samples = []
    histograms = []
    for at, values in enumerate((first, second)):
        weights = weights_of(kind, len(values))
        histogram = ROOT.TH1D(f"{name}{at}", "", 64, -0.5, 63.5)
        histogram.Sumw2()
        for row, value in enumerate(values):
            histogram.Fill(value, 1.0 if weights is None else weights[row])
        histograms.append(histogram)
        samples.append(
            {"scores": values.tolist(), "weights": None if weights is None else weights.tolist()}
        )
    expected = {
        "name": name,
        "first": samples[0],
        "second": samples[1],
        "distance": histograms[0].KolmogorovTest(histograms[1], "M"),
        "p_value": histograms[0].KolmogorovTest(histograms[1]),
        "scipy_distance": None,
        "root_unbinned_p_value": None,
    }
    if kind == "none":
        expected["scipy_distance"] = float(stats.ks_2samp(first, second).statistic)
        sorted_samples = [np.sort(values).astype(float) for values in (first, second)]
        expected["root_unbinned_p_value"] = ROOT.TMath.KolmogorovTest(
            len(first), sorted_samples[0], len(second), sorted_samples[1], ""
        )
    return expected


def correlation(name, n, has_nan, kind):
    values = random.normal(0, 1, (n, 4))
    values[:, 1] += values[:, 0]
    values[:, 2] = 1000 + values[:, 2] - 0.5 * values[:, 1]
    values = exact(values, 8).astype(np.float32)
    if has_nan:
        values[random.random(values.shape) < 0.15] = np.nan
    weights = weights_of(kind, n)
    if weights is None:
        rows = pd.DataFrame(values.astype(float)).corr().to_numpy()
    else:
        covariance = np.cov(values.astype(float), rowvar=False, aweights=weights, ddof=0)
        deviation = np.sqrt(np.diag(covariance))
        rows = covariance / np.outer(deviation, deviation)
    return {
        "name": name,
        "values": [None if np.isnan(value) else float(value) for value in values.ravel()],
        "weights": None if weights is None else weights.tolist(),
        "rows": rows.tolist(),
    }


expected = {
    "binary": [
        binary("plain", 300, 1.2, 12, "none"),
        binary("many ties", 300, 1.5, 3, "none"),
        binary("weighted", 300, 1.2, 12, "positive"),
        binary("weighted ties", 250, 1.2, 4, "positive"),
        binary("zero weights", 250, 1.2, 6, "some zero"),
        binary("negative weights", 250, 1.2, 5, "negative"),
        binary("two events", 2, 0.1, 12, "none"),
    ],
    "several": [several("three", 200, 3, "none"), several("five weighted", 250, 5, "positive")],
    "regression": [regression("plain", 150, "none"), regression("weighted", 150, "positive")],
    "kolmogorov": [
        kolmogorov("alike", 200, 0.0, "none"),
        kolmogorov("shifted", 200, 2.0, "none"),
        kolmogorov("far", 200, 8.0, "none"),
        kolmogorov("weighted", 200, 1.0, "positive"),
        kolmogorov("negative", 300, 2.0, "negative"),
    ],
    "kolmogorov_probability": [
        [z, ROOT.TMath.KolmogorovProb(z), float(stats.kstwobign.sf(z))]
        for z in (0.0, 0.1, 0.19, 0.21, 0.3, 0.5, 0.7, 0.754, 0.756, 0.9, 0.999, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 6.8)
    ],
    "correlation": [
        correlation("plain", 100, False, "none"),
        correlation("missing", 100, True, "none"),
        correlation("weighted", 100, False, "positive"),
    ],
}

with open("expected.json", "w") as file:
    json.dump(expected, file, allow_nan=False)
    file.write("\n")
