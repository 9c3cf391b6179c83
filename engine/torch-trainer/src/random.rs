//! All random numbers of a training: small generators written out here, so that a seed means the same in every
//! version. Each use starts a stream of its own from the seed and where the training stands (chunk, epoch); a
//! resumed training therefore draws the same numbers as an uninterrupted one.

use multiversion::multiversion;

/// What a stream is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    FirstWeights = 1,
    RowOrder = 2,
    Dropout = 3,
    /// Random numbers that libtorch draws itself, inside a `TorchScript` model or on a GPU.
    Libtorch = 4,
}

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64, purpose: Purpose, chunk: usize, epoch: usize) -> Self {
        let mut random = Self { state: seed };
        for part in [purpose as u64, chunk as u64, epoch as u64] {
            random.state = random.next_u64() ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        }
        random
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `-limit .. limit`.
    pub(crate) fn symmetric(&mut self, limit: f64) -> f32 {
        let unit = (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        ((unit * 2.0 - 1.0) * limit) as f32
    }

    /// Uniform in `0 .. end`. The high half of a product is uneven by less than `end / 2^64`.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next_u64()) * end as u128) >> 64) as usize
    }

    /// The numbers `0 .. n` in random order (Fisher and Yates).
    pub(crate) fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..n as i64).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

const N_LANES: usize = 8;

/// Dropout masks on the CPU: eight xoshiro128+ generators side by side (Blackman and Vigna, arXiv:1805.01407).
///
/// libtorch draws 17 ns for each element, which made masks two fifths of a training step; these take 0.5 ns.
pub(crate) struct MaskSource {
    lanes: [[u32; N_LANES]; 4],
}

impl MaskSource {
    pub(crate) fn new(random: &mut Random) -> Self {
        let mut lanes = [[0; N_LANES]; 4];
        // A state of four zeros would stay zero; it is as likely as guessing a 128-bit number.
        lanes.as_flattened_mut().fill_with(|| (random.next_u64() >> 32) as u32);
        Self { lanes }
    }

    /// Fills with 0 where a number below `2^32` falls under `drop_below`, and with `scale` elsewhere.
    pub(crate) fn fill(&mut self, mask: &mut [f32], drop_below: u32, scale: f32) {
        let (whole, rest) = mask.as_chunks_mut();
        fill_whole(&mut self.lanes, whole, drop_below, scale);
        let mut last = [[0.0; N_LANES]];
        fill_whole(&mut self.lanes, &mut last, drop_below, scale);
        rest.copy_from_slice(&last.as_flattened()[..rest.len()]);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn fill_whole(lanes: &mut [[u32; N_LANES]; 4], mask: &mut [[f32; N_LANES]], drop_below: u32, scale: f32) {
    let [mut a, mut b, mut c, mut d] = *lanes;
    for values in mask {
        for (lane, value) in values.iter_mut().enumerate() {
            let drawn = a[lane].wrapping_add(d[lane]);
            let shifted = b[lane] << 9;
            c[lane] ^= a[lane];
            d[lane] ^= b[lane];
            b[lane] ^= c[lane];
            a[lane] ^= d[lane];
            c[lane] ^= shifted;
            d[lane] = d[lane].rotate_left(11);
            *value = if drawn < drop_below { 0.0 } else { scale };
        }
    }
    *lanes = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: u64) -> Random {
        Random::new(seed, Purpose::RowOrder, 0, 0)
    }

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let mut random = Random { state: 1_234_567 };
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn xoshiro_follows_its_definition() {
        let mut source = MaskSource { lanes: [[1; 8], [2; 8], [3; 8], [4; 8]] };
        source.fill(&mut [0.0; 8], 0, 1.0);
        // One step of xoshiro128 from (1, 2, 3, 4), by hand; two fills: the block and the unused remainder.
        let mut by_hand = [1_u32, 2, 3, 4];
        for _ in 0..2 {
            let [a, b, c, d] = by_hand;
            let (c1, d1) = (c ^ a, d ^ b);
            by_hand = [a ^ d1, b ^ c1, c1 ^ (b << 9), d1.rotate_left(11)];
        }
        assert_eq!(source.lanes, by_hand.map(|word| [word; 8]));
    }

    #[test]
    fn a_permutation_holds_every_row_once_and_depends_on_the_seed() {
        let order = random(7).permutation(1000);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<i64>>());
        assert_eq!(order, random(7).permutation(1000));
        assert_ne!(order, random(8).permutation(1000));
        assert_ne!(order, Random::new(7, Purpose::RowOrder, 0, 1).permutation(1000));
        assert_ne!(order, Random::new(7, Purpose::RowOrder, 1, 0).permutation(1000));
    }

    #[test]
    fn masks_drop_as_many_as_asked() {
        for rate in [0.1_f64, 0.5, 0.9] {
            let mut mask = vec![9.0; 100_003];
            let mut source = MaskSource::new(&mut random(3));
            source.fill(&mut mask, (rate * 2f64.powi(32)) as u32, 2.0);
            assert!(mask.iter().all(|value| *value == 0.0 || *value == 2.0));
            let dropped = mask.iter().filter(|value| **value == 0.0).count() as f64 / mask.len() as f64;
            // Five standard deviations of a fair draw.
            assert!((dropped - rate).abs() < 5.0 * (rate * (1.0 - rate) / 1e5).sqrt(), "{rate}: {dropped}");
        }
    }
}
