"""The other side of tests/statistics_python.rs: samples as JSON on stdin, answers by name as JSON on stdout."""

import itertools
import json
import sys

try:
    import numpy as np
    from scipy import optimize, special, stats
    from statsmodels.api import OLS
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import proportion_confint, tost_proportions_2indep
    from statsmodels.stats.weightstats import DescrStatsW
    from statsmodels.tsa.stattools import acf
except ImportError as absent:
    sys.stderr.write(f"no numpy, scipy and statsmodels here: {absent}")
    sys.exit(3)

samples = [np.array(sample) for sample in json.load(sys.stdin)["samples"]]
said = {}

chances = [1e-9, 0.001, 0.025, 0.3, 0.5, 0.95, 0.999]
pairs = [(chance, freedom) for freedom in (1, 4.5, 29, 1e5) for chance in chances]
said["normal_quantile"] = [stats.norm.ppf(chance) for chance in chances]
said["student_quantile"] = [stats.t.ppf(chance, freedom) for chance, freedom in pairs]
said["student_above"] = [stats.t.sf(10 * chance - 2, freedom) for chance, freedom in pairs]
shapes = [(1, 2995), (81, 183), (2, 29000), (15000, 15001), (150000, 150001), (0.5, 0.5)]
said["beta_quantile"] = [stats.beta.ppf(chance, a, b) for a, b in shapes for chance in chances]
said["kolmogorov_above"] = [special.kolmogorov(x) for x in (0.2, 0.7, 0.99, 1.01, 1.7, 3.0)]
counts = [(0, 20), (1, 29), (15, 148), (81, 263), (20, 20), (2, 2995), (29900, 29956)]
said["clopper_pearson"] = [x for k, n in counts for x in proportion_confint(k, n, 0.05, method="beta")]
one_sided = [stats.binomtest(k, n, alternative="greater").proportion_ci(0.99) for k, n in counts]
said["binomial_one_sided"] = [bounds.low for bounds in one_sided]

said["tost_mean"] = [DescrStatsW(sample).ttost_mean(-0.3, 0.25)[0] for sample in samples]
shares = [(60, 100, 55, 100), (0, 40, 1, 50), (900, 1000, 880, 1000)]
tost = [tost_proportions_2indep(*share, -0.05, 0.05, method="agresti-caffo") for share in shares]
said["tost_shares"] = [result.pvalue for result in tost]
groups = np.repeat([0, 1, 2, 3], [5, 20, 5, 66])
model = OLS(samples[0], np.ones(96))
said["clustered_error"] = list(model.fit(cov_type="cluster", cov_kwds={"groups": groups}).bse)
distances = []
for one, other in zip(samples, samples[1:]):
    distances.append(stats.ks_2samp(one, other[:60]).statistic)
    # Rust rounds halves away from zero; no sample has one.
    distances.append(stats.ks_2samp(np.round(one * 4), np.round(other * 4)).statistic)
said["ks_distance"] = distances
said["holm"] = list(multipletests(np.minimum(samples[0] ** 2, 1), method="holm")[1])

looks = [0.3, 0.55, 1.0]
spent = [2 * stats.norm.sf(stats.norm.isf(0.0125) / np.sqrt(look)) for look in looks]
bounds = [stats.norm.isf(spent[0])]
for last in (1, 2):
    among = np.array(looks[: last + 1])
    cov = np.sqrt(np.minimum.outer(among, among) / np.maximum.outer(among, among))
    below = lambda zs: stats.multivariate_normal.cdf(zs, cov=cov[: len(zs), : len(zs)], abseps=1e-8, rng=1)
    stay = below(bounds)
    bounds.append(optimize.brentq(lambda z: stay - below(bounds + [z]) - spent[last] + spent[last - 1], 1, 6))
said["early_looks"] = bounds

said["moments"] = [
    x for s in samples for x in (s.mean(), s.std(ddof=1), stats.skew(s), stats.kurtosis(s, fisher=False))
]
said["autocorrelations"] = list(acf(samples[0], nlags=5, fft=False)[1:])
said["quantiles"] = list(np.quantile(samples[0], [0, 0.05, 0.33, 1]))
best = lambda n: (1 - np.euler_gamma) * stats.norm.isf(1 / n) + np.euler_gamma * stats.norm.isf(1 / n / np.e)
said["expected_maximum"] = [best(n) for n in (2, 10, 5000)]
sharpe = lambda x: x.mean(axis=0) / x.std(axis=0, ddof=1)
ratios = np.array([sharpe(sample) for sample in samples])
ahead = (ratios - ratios.std(ddof=1) * best(8)) * np.sqrt(95)
skew, kurtosis = stats.skew(samples, axis=1), stats.kurtosis(samples, axis=1, fisher=False)
said["deflated"] = list(stats.norm.cdf(ahead / np.sqrt(1 - skew * ratios + (kurtosis - 1) / 4 * ratios**2)))

blocks = np.split(np.array(samples).T, 8)
chosen, judged, logits = [], [], []
for half in itertools.combinations(range(8), 4):
    here = sharpe(np.concatenate([blocks[at] for at in half]))
    there = sharpe(np.concatenate([blocks[at] for at in range(8) if at not in half]))
    pick = here.argmax()
    rank = stats.rankdata(there)[pick] / 9
    chosen.append(here[pick])
    judged.append(there[pick])
    logits.append(np.log(rank / (1 - rank)))
logits, judged = np.array(logits), np.array(judged)
said["pbo"] = [(logits <= 0).mean(), (judged < 0).mean(), stats.linregress(chosen, judged).slope, *sorted(logits)]

json.dump({name: [float(x) for x in answers] for name, answers in said.items()}, sys.stdout)
