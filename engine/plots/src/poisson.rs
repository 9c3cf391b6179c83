//! The errors of counted events: Garwood's central interval for a Poisson mean (F. Garwood, Biometrika 28, 1936),
//! the one that data points of the LHC experiments carry.

/// Returns the central 68.27 % confidence interval of a Poisson mean for `count` observed events: (0, 1.841) for
/// none, (0.173, 3.300) for one. A count that is not a number, or below zero, is taken as zero.
pub fn garwood_interval(count: f64) -> (f64, f64) {
    /// One standard deviation of a normal distribution leaves this on each side.
    const TAIL: f64 = 0.158_655_253_931_457_05;
    let count = if count > 0.0 { count.min(1e300) } else { 0.0 };
    let low = if count == 0.0 { 0.0 } else { gamma_quantile(count, TAIL) };
    (low, gamma_quantile(count + 1.0, 1.0 - TAIL))
}

/// The x at which the regularised lower incomplete gamma function P(shape, x) is `probability`, for one of the two
/// probabilities above.
fn gamma_quantile(shape: f64, probability: f64) -> f64 {
    // Wilson and Hilferty's cube; its z is one standard deviation down or up.
    let z = if probability < 0.5 { -1.0 } else { 1.0 };
    let cube = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
    let start = shape * cube.max(0.05).powi(3);
    if shape > 1e6 {
        return start;
    }
    let (mut low, mut high) = (0.0, 4.0 * start + 20.0);
    let mut x = start;
    for _ in 0..100 {
        let miss = lower_gamma(shape, x) - probability;
        if miss > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let slope = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        let newton = x - miss / slope;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= 1e-14 * x {
            return next;
        }
        x = next;
    }
    x
}

/// P(a, x), by its series below a + 1 and by Lentz's continued fraction above.
fn lower_gamma(a: f64, x: f64) -> f64 {
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for n in 1..100_000 {
        let n = f64::from(n);
        let an = -n * (n - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    1.0 - front * fraction
}

/// ln Γ(a) for a > 0, by Stirling's series after shifting a above 15.
fn ln_gamma(a: f64) -> f64 {
    let (mut a, mut shift) = (a, 0.0);
    while a < 15.0 {
        shift -= a.ln();
        a += 1.0;
    }
    let inverse = 1.0 / (a * a);
    let series = 1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0));
    shift + (a - 0.5) * a.ln() - a + 0.5 * (2.0 * std::f64::consts::PI).ln() + series / a
}

#[cfg(test)]
mod tests {
    use super::garwood_interval;

    /// Expected: `scipy.stats.chi2.ppf([tail, 1 - tail], [2 n, 2 n + 2]) / 2`.
    #[test]
    fn intervals_are_those_of_scipy() {
        const CASES: [(f64, f64, f64); 9] = [
            (0.0, 0.0, 1.841_021_645_009_263_1),
            (1.0, 0.172_753_779_023_449_96, 3.299_526_559_115_855),
            (2.0, 0.708_185_439_818_971_3, 4.637_859_623_455_245),
            (3.0, 1.367_295_313_890_434, 5.918_185_832_883_396),
            (10.0, 6.891_305_560_638_357, 14.266_949_761_009_391),
            (17.5, 13.357_024_828_588_086, 22.762_766_558_187_44),
            (100.0, 90.016_745_177_113_4, 111.033_360_941_149_67),
            (1_000.0, 968.382_501_406_565_8, 1_032.633_323_474_849),
            (50_000.0, 49_776.393_947_754_55, 50_224.608_288_605_996),
        ];
        for (count, low, high) in CASES {
            let answer = garwood_interval(count);
            let close = |answer: f64, expected: f64| (answer - expected).abs() <= 1e-11 * expected;
            assert!(close(answer.0, low) && close(answer.1, high), "{count}: {answer:?}");
        }
    }

    #[test]
    fn odd_counts_have_an_interval() {
        let (low, high) = garwood_interval(1e12);
        assert!(((high - low) / 2e6 - 1.0).abs() < 1e-5);
        for count in [f64::NAN, -3.0, f64::INFINITY, f64::MAX, 1e-12, 0.5, 999_999.0] {
            let (low, high) = garwood_interval(count);
            assert!(low >= 0.0 && high >= low && high.is_finite(), "{count}: {low} {high}");
        }
    }
}
