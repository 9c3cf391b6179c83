//! Sums without rounding, and therefore without an order.

/// Bits of one limb.
const LIMB_BITS: usize = 32;
/// The smallest 64-bit float is `2^-1074`: bit 0 of limb 0.
const LOWEST_EXPONENT: i32 = -1074;
/// 2098 bits of 64-bit floats, and 64 more for carries.
const N_LIMBS: usize = 68;
/// Limbs hold 63 bits; after this many additions of 33 bits the carries are moved up.
const ADDITIONS_BEFORE_CARRY: u32 = 1 << 29;

/// The exact sum of any finite 64-bit floats: a fixed-point number wide enough for all of them. The same values
/// give the same sum in every order and grouping.
#[derive(Clone, Debug)]
pub struct ExactSum {
    limbs: [i64; N_LIMBS],
    additions: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { limbs: [0; N_LIMBS], additions: 0 }
    }
}

impl ExactSum {
    /// Adds a finite value; others are ignored.
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let field = ((bits >> 52) & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        if field == 0x7ff || bits << 1 == 0 {
            return;
        }
        let (mantissa, position) = if field == 0 { (fraction, 0) } else { (fraction | (1 << 52), field - 1) };
        self.add_bits(u128::from(mantissa), position, bits >> 63 == 1);
    }

    /// Adds an integer.
    pub fn add_integer(&mut self, value: i128) {
        self.add_magnitude(value.unsigned_abs(), value < 0);
    }

    /// Adds the square of an integer, given without its sign.
    pub fn add_square_of_integer(&mut self, magnitude: u64) {
        self.add_magnitude(u128::from(magnitude) * u128::from(magnitude), false);
    }

    fn add_magnitude(&mut self, magnitude: u128, negative: bool) {
        // Two halves, so that the shift inside the first limb cannot push bits out of 128.
        let position = LOWEST_EXPONENT.unsigned_abs() as usize;
        self.add_bits(magnitude & u128::from(u64::MAX), position, negative);
        self.add_bits(magnitude >> 64, position + 64, negative);
    }

    /// Adds the product of two finite values, exactly as long as its last digit is in the range of 64-bit floats.
    pub fn add_product(&mut self, left: f64, right: f64) {
        let product = left * right;
        self.add(product);
        self.add(left.mul_add(right, -product));
    }

    /// Adds all of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.carry();
        let mut other = other.clone();
        other.carry();
        for (own, their) in self.limbs.iter_mut().zip(&other.limbs) {
            *own += their;
        }
        self.additions = 1;
    }

    /// The sum rounded once, to the nearest 64-bit float (beyond their range: the largest of them).
    pub fn to_f64(&self) -> f64 {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.limbs[N_LIMBS - 1] < 0;
        if negative {
            sum.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            sum.carry();
        }
        let Some(top) = sum.limbs.iter().rposition(|limb| *limb != 0) else { return 0.0 };
        let limb = |back: usize| top.checked_sub(back).map_or(0, |index| sum.limbs[index] as u128);
        // The top limb may hold more than its 32 bits only in the last place, where it holds the carries.
        let window = (limb(0) << 64) | (limb(1) << 32) | limb(2);
        let shift = 128 - 64 - window.leading_zeros() as usize;
        let below = window & ((1_u128 << shift) - 1) != 0
            || sum.limbs[..top.saturating_sub(2)].iter().any(|limb| *limb != 0);
        // The lowest of 64 bits, far below the 53 that stay, stands for everything that was cut.
        let head = (window >> shift) as u64 | u64::from(below);
        let exponent = LOWEST_EXPONENT + (LIMB_BITS * top) as i32 - 64 + shift as i32;
        let magnitude = scale(head as f64, exponent).min(f64::MAX);
        if negative { -magnitude } else { magnitude }
    }

    /// The sum as 64-bit floats that add up to it exactly, largest first; empty for zero. One or two for
    /// usual data. This is the stored form.
    pub fn parts(&self) -> Vec<f64> {
        let mut rest = self.clone();
        let mut parts = Vec::new();
        loop {
            let part = rest.to_f64();
            if part == 0.0 {
                return parts;
            }
            rest.add(-part);
            parts.push(part);
        }
    }

    fn add_bits(&mut self, magnitude: u128, position: usize, negative: bool) {
        let shifted = magnitude << (position % LIMB_BITS);
        let first = position / LIMB_BITS;
        for (place, limb) in self.limbs[first..].iter_mut().take(3).enumerate() {
            let part = ((shifted >> (LIMB_BITS * place)) & 0xffff_ffff) as i64;
            *limb += if negative { -part } else { part };
        }
        self.additions += 1;
        if self.additions >= ADDITIONS_BEFORE_CARRY {
            self.carry();
        }
    }

    /// Moves carries up, so that every limb but the last is within 0 and `2^32 - 1`.
    fn carry(&mut self) {
        let mut carry = 0;
        let (last, others) = self.limbs.split_last_mut().unwrap_or_else(|| unreachable!("limbs exist"));
        for limb in others {
            let value = *limb + carry;
            *limb = value & 0xffff_ffff;
            carry = value >> LIMB_BITS;
        }
        *last += carry;
        self.additions = 0;
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        let (mut own, mut their) = (self.clone(), other.clone());
        own.carry();
        their.carry();
        own.limbs == their.limbs
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}

/// `value * 2^exponent` without leaving the range of powers of two on the way.
fn scale(mut value: f64, mut exponent: i32) -> f64 {
    while exponent > 1000 {
        value *= 2_f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 {
        value *= 2_f64.powi(-1000);
        exponent += 1000;
    }
    value * 2_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[f64], expected: f64) {
        let sum: ExactSum = values.iter().copied().collect();
        assert_eq!(sum.to_f64().to_bits(), expected.to_bits(), "{values:?} gave {}", sum.to_f64());
    }

    #[test]
    fn sums_are_exact_and_rounded_once() {
        check(&[], 0.0);
        check(&[1e300, 1.0, -1e300], 1.0);
        check(&[0.1; 10], 1.0);
        check(&[1.0, f64::EPSILON / 2.0], 1.0);
        check(&[1.0, f64::EPSILON / 2.0, 5e-324], 1.0 + f64::EPSILON);
        check(&[5e-324, 5e-324], 1e-323);
        check(&[-2.5, 1.0], -1.5);
        check(&[f64::MAX, f64::MAX], f64::MAX);
        check(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX, -3.0], -3.0);
        check(&[f64::NAN, f64::INFINITY, 2.0], 2.0);
    }

    #[test]
    fn integers_of_any_size() {
        let mut sum = ExactSum::default();
        sum.add_integer(i128::from(u64::MAX) * 1_000_000);
        sum.add_integer(-i128::from(u64::MAX) * 1_000_000 - 7);
        assert_eq!(sum.to_f64(), -7.0);
        sum.add_integer(i128::MAX);
        assert_eq!(sum.to_f64(), 2_f64.powi(127));
    }

    proptest! {
        #[test]
        fn order_and_grouping_do_not_matter(values in proptest::collection::vec(any::<f64>(), 0..40), cut in 0..40_usize) {
            let whole: ExactSum = values.iter().copied().collect();
            let reversed: ExactSum = values.iter().rev().copied().collect();
            prop_assert_eq!(&whole, &reversed);
            let cut = cut.min(values.len());
            let mut left: ExactSum = values[..cut].iter().copied().collect();
            left.merge(&values[cut..].iter().copied().collect());
            prop_assert_eq!(&whole, &left);
            let again: ExactSum = whole.parts().into_iter().collect();
            prop_assert_eq!(&whole, &again);
        }
    }
}
