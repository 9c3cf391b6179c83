//! A mergeable picture of a distribution: counts in buckets of equal relative width.

/// Mantissa bits of the finest buckets: neighbours differ by one part in 2048.
const FINEST: u32 = 11;
/// Mantissa bits of a 32-bit float.
const MANTISSA_BITS: u32 = 23;
/// More occupied buckets than this make all buckets twice as wide.
const MAX_BUCKETS: usize = 1024;

/// Counts of finite values in buckets that are the leading bits of their 32-bit float. Starts with a relative
/// width of `1 / 2048` and doubles it until at most 1024 buckets are occupied; the result depends on the set of
/// values alone, not on their order or grouping.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueSketch {
    resolution: u32,
    /// Occupied buckets by rising key; none has the count 0.
    counts: Vec<(i32, u64)>,
    n_values: u64,
}

impl Default for ValueSketch {
    fn default() -> Self {
        Self { resolution: FINEST, counts: Vec::new(), n_values: 0 }
    }
}

/// Counts of values in equal bins over a robust range.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower edge of the first bin.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// Events in each bin; fractions, since a bucket of the sketch may cover several bins.
    pub counts: Vec<f64>,
    /// Values below `low`.
    pub n_below: f64,
    /// Values at or above `high`.
    pub n_above: f64,
}

impl ValueSketch {
    /// Number of values.
    pub fn n_values(&self) -> u64 {
        self.n_values
    }

    /// Mantissa bits of a bucket now: its relative width is `2^-resolution`.
    pub fn resolution(&self) -> u32 {
        self.resolution
    }

    /// Occupied buckets, in rising order: lower edge, upper edge, count.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
        let shift = MANTISSA_BITS - self.resolution;
        self.counts.iter().map(move |(key, count)| {
            (edge(i64::from(*key) << shift), edge((i64::from(*key) + 1) << shift), *count)
        })
    }

    /// Adds one value; others than finite ones are ignored.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.add_counted(value, 1);
        }
    }

    /// Adds the same finite value several times.
    pub fn add_counted(&mut self, value: f64, count: u64) {
        let key = key(value as f32, self.resolution);
        match self.counts.binary_search_by_key(&key, |(key, _)| *key) {
            _ if count == 0 => {}
            Ok(place) => self.counts[place].1 = self.counts[place].1.saturating_add(count),
            Err(place) => self.counts.insert(place, (key, count)),
        }
        self.n_values = self.n_values.saturating_add(count);
        self.shrink();
    }

    /// Adds counts by rising key that were collected at a resolution not coarser than this sketch's own.
    pub(crate) fn add_sorted(&mut self, resolution: u32, counts: &[(i32, u64)]) {
        debug_assert!(resolution >= self.resolution);
        let shift = resolution - self.resolution;
        let mut merged: Vec<(i32, u64)> = Vec::with_capacity(self.counts.len() + counts.len());
        let mut own = self.counts.iter().copied().peekable();
        let mut put = |key: i32, count: u64| match merged.last_mut() {
            // Stored counts may be any number; none of them may overflow.
            Some((last, sum)) if *last == key => *sum = sum.saturating_add(count),
            _ => merged.push((key, count)),
        };
        for (key, count) in counts.iter().map(|(key, count)| (key >> shift, *count)) {
            while let Some((own_key, own_count)) = own.next_if(|(own_key, _)| *own_key <= key) {
                put(own_key, own_count);
            }
            put(key, count);
            self.n_values = self.n_values.saturating_add(count);
        }
        own.for_each(|(key, count)| put(key, count));
        self.counts = merged;
        self.shrink();
    }

    /// Adds all of another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.coarsen(other.resolution.min(self.resolution));
        self.add_sorted(other.resolution, &other.counts);
    }

    /// The value below which the fraction `q` (0 to 1) of all values lies, interpolated inside its bucket and so
    /// right to the relative width of a bucket; nothing where there is no value.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.find_quantile(q).map(|(low, high, part)| low + (high - low) * part)
    }

    /// Lower and upper edge of the bucket in which a quantile lies.
    pub(crate) fn quantile_bucket(&self, q: f64) -> Option<(f64, f64)> {
        self.find_quantile(q).map(|(low, high, _)| (low, high))
    }

    /// The bucket of a quantile, and how far inside the quantile lies, from 0 to 1.
    fn find_quantile(&self, q: f64) -> Option<(f64, f64, f64)> {
        let wanted = q.clamp(0.0, 1.0) * self.n_values as f64;
        let mut below = 0.0;
        let mut last = None;
        for (low, high, count) in self.buckets() {
            let count = count as f64;
            if below + count >= wanted {
                return Some((low, high, ((wanted - below) / count).clamp(0.0, 1.0)));
            }
            below += count;
            last = Some((low, high, 1.0));
        }
        last
    }

    /// The smallest whole number that at least the fraction `q` of all values do not exceed, for values that are
    /// whole numbers. Exact while the numbers stay under 2048 and few differ; never too small.
    pub fn whole_quantile(&self, q: f64) -> Option<u64> {
        let wanted = q.clamp(0.0, 1.0) * self.n_values as f64;
        let mut below = 0.0;
        self.buckets()
            .find(|(_, _, count)| {
                below += *count as f64;
                below >= wanted
            })
            .map(|(low, high, _)| if low <= 0.0 { 0 } else { (high.ceil() as u64).saturating_sub(1) })
    }

    /// A histogram over a robust range: from the 1 % to the 99 % quantile and a quarter of their distance more on
    /// either side, but no further than `min` and `max`. Nothing where there is no value.
    pub fn histogram(&self, n_bins: usize, min: f64, max: f64) -> Option<Histogram> {
        let (p1, p99) = (self.quantile(0.01)?.clamp(min, max), self.quantile(0.99)?.clamp(min, max));
        let margin = 0.25 * (p99 - p1);
        let (mut low, mut high) = ((p1 - margin).max(min), (p99 + margin).min(max));
        if high <= low {
            (low, high) = (low - 0.5, high + 0.5);
        } else {
            // The bins are half-open and the largest value should be in the last one.
            high += (high - low) * 1e-9;
        }
        let n_bins = n_bins.max(1);
        let mut histogram = Histogram { low, high, counts: vec![0.0; n_bins], n_below: 0.0, n_above: 0.0 };
        for (bucket_low, bucket_high, count) in self.buckets() {
            histogram.spread(bucket_low.max(min), bucket_high.min(max), count as f64);
        }
        Some(histogram)
    }

    /// As [`ValueSketch::histogram`] for whole numbers: bins of a whole width around them, and a bucket that holds one
    /// number counts where that number is.
    pub fn histogram_of_whole_numbers(&self, n_bins: usize, min: f64, max: f64) -> Option<Histogram> {
        let robust = self.histogram(n_bins, min, max)?;
        let (first, last) =
            (robust.low.ceil().max(min), robust.high.floor().min(max).max(robust.low.ceil().max(min)));
        let width = ((last - first + 1.0) / n_bins.max(1) as f64).ceil().max(1.0);
        let n_bins = ((last - first + 1.0) / width).ceil().max(1.0);
        let low = first - 0.5;
        let counts = vec![0.0; n_bins as usize];
        let mut histogram = Histogram { low, high: low + width * n_bins, counts, n_below: 0.0, n_above: 0.0 };
        for (bucket_low, bucket_high, count) in self.buckets() {
            // Buckets below 0 are open below and closed above, those above 0 the other way round.
            let (from, to) = if bucket_high <= 0.0 {
                (bucket_low.floor() + 1.0, bucket_high.floor())
            } else {
                (bucket_low.ceil(), bucket_high.ceil() - 1.0)
            };
            let (from, to) = (from.max(min), to.min(max));
            if to <= from {
                histogram.put(from, count as f64);
            } else {
                histogram.spread(from - 0.5, to + 0.5, count as f64);
            }
        }
        Some(histogram)
    }

    /// Resolution, occupied keys and counts: the stored form.
    pub(crate) fn stored(&self) -> (u32, Vec<i32>, Vec<u64>) {
        (
            self.resolution,
            self.counts.iter().map(|(key, _)| *key).collect(),
            self.counts.iter().map(|(_, count)| *count).collect(),
        )
    }

    /// From the stored form; nothing where it is broken.
    pub(crate) fn from_stored(resolution: u32, keys: &[i32], counts: &[u64]) -> Option<Self> {
        let sorted = keys.windows(2).all(|pair| pair[0] < pair[1]);
        let too_many = keys.len() != counts.len() || keys.len() > MAX_BUCKETS;
        // An occupied bucket has values; without any, a quantile would divide by zero.
        if resolution > FINEST || too_many || !sorted || counts.contains(&0) {
            return None;
        }
        let n_values = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        let counts = keys.iter().copied().zip(counts.iter().copied()).collect();
        Some(Self { resolution, counts, n_values })
    }

    fn shrink(&mut self) {
        while self.counts.len() > MAX_BUCKETS && self.resolution > 0 {
            self.coarsen(self.resolution - 1);
        }
    }

    fn coarsen(&mut self, resolution: u32) {
        if resolution < self.resolution {
            let shift = self.resolution - resolution;
            self.counts.iter_mut().for_each(|(key, _)| *key >>= shift);
            self.counts.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                kept.1 = kept.1.saturating_add(if is_same { next.1 } else { 0 });
                is_same
            });
            self.resolution = resolution;
        }
    }
}

impl Histogram {
    /// Shares a count over the bins that the interval from `from` to `to` covers.
    fn spread(&mut self, from: f64, to: f64, count: f64) {
        let width = to - from;
        let bin_width = (self.high - self.low) / self.counts.len() as f64;
        if width <= 0.0 {
            return self.put(from, count);
        }
        let part = |low: f64, high: f64| ((high.min(to) - low.max(from)) / width).max(0.0) * count;
        self.n_below += part(f64::NEG_INFINITY, self.low);
        self.n_above += part(self.high, f64::INFINITY);
        let first = ((from - self.low) / bin_width).floor().max(0.0) as usize;
        for bin in first..self.counts.len() {
            let low = self.low + bin as f64 * bin_width;
            if low >= to {
                break;
            }
            self.counts[bin] += part(low, low + bin_width);
        }
    }

    fn put(&mut self, value: f64, count: f64) {
        if value < self.low {
            self.n_below += count;
        } else if value >= self.high {
            self.n_above += count;
        } else {
            let bin = (value - self.low) / (self.high - self.low) * self.counts.len() as f64;
            let last = self.counts.len() - 1;
            self.counts[(bin as usize).min(last)] += count;
        }
    }
}

/// The bits of a float as an integer of the same order; both zeros give 0.
pub(crate) fn ordered_bits(value: f32) -> i32 {
    let bits = (value.clamp(f32::MIN, f32::MAX) + 0.0).to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

/// The bucket of a value at a resolution.
pub(crate) fn key(value: f32, resolution: u32) -> i32 {
    ordered_bits(value) >> (MANTISSA_BITS - resolution)
}

/// The float whose ordered bits these are.
fn edge(ordered: i64) -> f64 {
    let ordered = ordered.clamp(i64::from(ordered_bits(f32::MIN)), i64::from(ordered_bits(f32::MAX))) as i32;
    let bits = ordered ^ (((ordered >> 31) as u32) >> 1) as i32;
    f64::from(f32::from_bits(bits as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: impl IntoIterator<Item = f64>) -> ValueSketch {
        let mut sketch = ValueSketch::default();
        values.into_iter().for_each(|value| sketch.add(value));
        sketch
    }

    #[test]
    fn quantiles_are_right_to_the_width_of_a_bucket() {
        let sketch = sketch((0..100_000).map(|i| f64::from(i) / 1000.0 - 50.0));
        for (q, expected) in [(0.0, -50.0), (0.1, -40.0), (0.9, 40.0), (1.0, 50.0)] {
            let found = sketch.quantile(q).unwrap();
            assert!((found - expected).abs() <= 50.0 / 8.0, "{q}: {found}");
        }
        assert_eq!(super::ValueSketch::default().quantile(0.5), None);
    }

    #[test]
    fn whole_quantiles_of_widths() {
        let mut widths = ValueSketch::default();
        widths.add_counted(0.0, 50);
        widths.add_counted(2.0, 48);
        widths.add_counted(7.0, 2);
        assert_eq!(widths.whole_quantile(0.5), Some(0));
        assert_eq!(widths.whole_quantile(0.98), Some(2));
        assert_eq!(widths.whole_quantile(0.99), Some(7));
        assert_eq!(widths.whole_quantile(1.0), Some(7));
    }

    #[test]
    fn a_histogram_keeps_every_value() {
        let sketch = sketch((0..1000).map(|i| 90.0 + f64::from(i % 40) * 0.1).chain([1e6, -1e6]));
        let histogram = sketch.histogram(20, -1e6, 1e6).unwrap();
        assert!(histogram.low > 80.0 && histogram.high < 100.0, "{histogram:?}");
        let total: f64 = histogram.counts.iter().sum::<f64>() + histogram.n_below + histogram.n_above;
        assert!((total - 1002.0).abs() < 1e-6, "{total}");
        assert_eq!((histogram.n_below, histogram.n_above), (1.0, 1.0));
    }

    #[test]
    fn whole_numbers_have_bins_of_their_own() {
        let numbers = (-3..=4).flat_map(|number| vec![f64::from(number); (number + 4) as usize]);
        let histogram = sketch(numbers).histogram_of_whole_numbers(50, -3.0, 4.0).unwrap();
        assert_eq!((histogram.low, histogram.high), (-3.5, 4.5));
        assert_eq!(histogram.counts, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let wide = sketch((0..10_000).map(f64::from)).histogram_of_whole_numbers(50, 0.0, 9999.0).unwrap();
        assert_eq!((wide.low, wide.counts.len()), (-0.5, 50));
        let total: f64 = wide.counts.iter().sum::<f64>() + wide.n_below + wide.n_above;
        assert!((total - 10_000.0).abs() < 1e-6, "{total}");
    }

    #[test]
    fn one_value_only() {
        let histogram = sketch([3.0; 5]).histogram(4, 3.0, 3.0).unwrap();
        assert_eq!(
            (histogram.low, histogram.high, &histogram.counts[..]),
            (2.5, 3.5, &[0.0, 0.0, 5.0, 0.0][..])
        );
    }

    proptest! {
        #[test]
        fn parts_merge_to_the_whole(values in proptest::collection::vec(any::<f32>(), 0..3000), cut in 0..3000_usize) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let whole = sketch(values.iter().copied());
            let cut = cut.min(values.len());
            let mut left = sketch(values[..cut].iter().copied());
            left.merge(&sketch(values[cut..].iter().rev().copied()));
            prop_assert_eq!(&whole, &left);
            let (resolution, keys, counts) = whole.stored();
            prop_assert_eq!(Some(whole), ValueSketch::from_stored(resolution, &keys, &counts));
        }
    }
}
