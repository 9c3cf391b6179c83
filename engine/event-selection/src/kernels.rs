//! Loops over values: arithmetic, comparisons, functions, reductions. Floats follow IEEE 754, integers wrap.

use crate::functions::{Float2Function, FloatFunction, Reduction, TestFunction};
use crate::tree::{BinaryOperator, CompareOperator};

/// One side of an operation: a value for each element, or one for all.
#[derive(Clone, Copy)]
pub(crate) enum Side<'a, T> {
    Each(&'a [T]),
    One(T),
}

impl<'a, T: Copy> Side<'a, T> {
    /// `one` says that the values are a single one that stands for all.
    pub(crate) fn new(values: &'a [T], n_values: usize) -> Self {
        match values {
            [one] if n_values != 1 => Side::One(*one),
            _ => Side::Each(values),
        }
    }
}

/// A function of both sides, value by value. The four arms let the compiler vectorise each.
pub(crate) fn combine<T: Copy, U>(
    left: Side<'_, T>,
    right: Side<'_, T>,
    function: impl Fn(T, T) -> U,
) -> Vec<U> {
    match (left, right) {
        (Side::Each(left), Side::Each(right)) => {
            left.iter().zip(right).map(|(left, right)| function(*left, *right)).collect()
        }
        (Side::Each(left), Side::One(right)) => left.iter().map(|left| function(*left, right)).collect(),
        (Side::One(left), Side::Each(right)) => right.iter().map(|right| function(left, *right)).collect(),
        (Side::One(left), Side::One(right)) => vec![function(left, right)],
    }
}

pub(crate) fn compare<T: Copy + PartialOrd>(
    operator: CompareOperator,
    left: Side<'_, T>,
    right: Side<'_, T>,
) -> Vec<bool> {
    match operator {
        CompareOperator::Equal => combine(left, right, |a, b| a == b),
        CompareOperator::NotEqual => combine(left, right, |a, b| a != b),
        CompareOperator::Less => combine(left, right, |a, b| a < b),
        CompareOperator::LessEqual => combine(left, right, |a, b| a <= b),
        CompareOperator::Greater => combine(left, right, |a, b| a > b),
        CompareOperator::GreaterEqual => combine(left, right, |a, b| a >= b),
    }
}

/// Numbers that the operators work on.
pub(crate) trait Arithmetic: Copy {
    fn operate(operator: BinaryOperator, left: Side<'_, Self>, right: Side<'_, Self>) -> Vec<Self>;
    fn negative(self) -> Self;
    fn absolute(self) -> Self;
}

macro_rules! integer_arithmetic {
    ($($type:ty, $absolute:expr;)*) => {$(
        impl Arithmetic for $type {
            fn operate(operator: BinaryOperator, left: Side<'_, Self>, right: Side<'_, Self>) -> Vec<Self> {
                match operator {
                    BinaryOperator::Add => combine(left, right, Self::wrapping_add),
                    BinaryOperator::Subtract => combine(left, right, Self::wrapping_sub),
                    BinaryOperator::Multiply => combine(left, right, Self::wrapping_mul),
                    // By zero gives 0, as numpy has it.
                    BinaryOperator::FloorDivide => combine(left, right, |a, b| {
                        if b == 0 { return 0 }
                        let quotient = a.wrapping_div(b);
                        let is_inexact = a.wrapping_rem(b) != 0;
                        #[allow(unused_comparisons, reason = "one body for signed and unsigned")]
                        let below = is_inexact && ((a < 0) != (b < 0));
                        if below { quotient.wrapping_sub(1) } else { quotient }
                    }),
                    BinaryOperator::Remainder => combine(left, right, |a, b| {
                        if b == 0 { return 0 }
                        let rest = a.wrapping_rem(b);
                        #[allow(unused_comparisons, reason = "one body for signed and unsigned")]
                        let other_sign = rest != 0 && ((rest < 0) != (b < 0));
                        if other_sign { rest.wrapping_add(b) } else { rest }
                    }),
                    BinaryOperator::Power => combine(left, right, |a, b| a.wrapping_pow(u32::try_from(b).unwrap_or(0))),
                    BinaryOperator::BitAnd | BinaryOperator::And => combine(left, right, |a, b| a & b),
                    BinaryOperator::BitOr | BinaryOperator::Or => combine(left, right, |a, b| a | b),
                    BinaryOperator::BitXor => combine(left, right, |a, b| a ^ b),
                    // The checker converts to floats first.
                    BinaryOperator::Divide => combine(left, right, |a, b| if b == 0 { 0 } else { a.wrapping_div(b) }),
                }
            }
            fn negative(self) -> Self {
                self.wrapping_neg()
            }
            fn absolute(self) -> Self {
                let absolute: fn($type) -> $type = $absolute;
                absolute(self)
            }
        }
    )*};
}

integer_arithmetic! {
    i8, i8::wrapping_abs; i16, i16::wrapping_abs; i32, i32::wrapping_abs; i64, i64::wrapping_abs;
    u8, |x| x; u16, |x| x; u32, |x| x; u64, |x| x;
}

macro_rules! float_kernels {
    ($type:ident, $functions:ident, $functions2:ident, $tests:ident, $erf:ident, $erfc:ident, $tgamma:ident, $lgamma:ident, $nextafter:ident) => {
        impl Arithmetic for $type {
            fn operate(operator: BinaryOperator, left: Side<'_, Self>, right: Side<'_, Self>) -> Vec<Self> {
                match operator {
                    BinaryOperator::Add => combine(left, right, |a, b| a + b),
                    BinaryOperator::Subtract => combine(left, right, |a, b| a - b),
                    BinaryOperator::Multiply => combine(left, right, |a, b| a * b),
                    BinaryOperator::Divide => combine(left, right, |a, b| a / b),
                    BinaryOperator::FloorDivide => combine(left, right, |a, b| {
                        if b == 0.0 {
                            return a / b;
                        }
                        let rest = a % b;
                        let rest = if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest };
                        ((a - rest) / b).round_ties_even()
                    }),
                    BinaryOperator::Remainder => combine(left, right, |a, b| {
                        let rest = a % b;
                        if rest == 0.0 {
                            rest.copysign(b)
                        } else if (rest < 0.0) != (b < 0.0) {
                            rest + b
                        } else {
                            rest
                        }
                    }),
                    // The square is by far the commonest power, and a product is the exactly rounded one.
                    BinaryOperator::Power => match right {
                        Side::One(2.0) => combine(left, right, |a, _| a * a),
                        _ => combine(left, right, $type::powf),
                    },
                    // The checker lets no float reach these.
                    _ => combine(left, right, |_, _| $type::NAN),
                }
            }
            fn negative(self) -> Self {
                -self
            }
            fn absolute(self) -> Self {
                self.abs()
            }
        }

        pub(crate) fn $functions(function: FloatFunction, values: &[$type]) -> Vec<$type> {
            let each = |function: fn($type) -> $type| values.iter().map(|value| function(*value)).collect();
            match function {
                FloatFunction::Acos => each($type::acos),
                FloatFunction::Acosh => each($type::acosh),
                FloatFunction::Asin => each($type::asin),
                FloatFunction::Asinh => each($type::asinh),
                FloatFunction::Atan => each($type::atan),
                // The library is exact on one side only.
                FloatFunction::Atanh => each(|value| value.abs().atanh().copysign(value)),
                FloatFunction::Cbrt => each($type::cbrt),
                FloatFunction::Ceil => each($type::ceil),
                FloatFunction::Cos => each($type::cos),
                FloatFunction::Cosh => each($type::cosh),
                FloatFunction::Erf => each(libm::$erf),
                FloatFunction::Erfc => each(libm::$erfc),
                FloatFunction::Exp => each($type::exp),
                FloatFunction::Exp2 => each($type::exp2),
                FloatFunction::Expm1 => each($type::exp_m1),
                FloatFunction::Fabs => values.iter().map(|value| value.abs()).collect(),
                FloatFunction::Factorial => {
                    each(|value| libm::$tgamma(value.round_ties_even() + 1.0).round_ties_even())
                }
                FloatFunction::Floor => each($type::floor),
                FloatFunction::Gamma => each(libm::$tgamma),
                FloatFunction::Lgamma => each(libm::$lgamma),
                FloatFunction::Log => each($type::ln),
                FloatFunction::Log10 => each($type::log10),
                FloatFunction::Log1p => each($type::ln_1p),
                FloatFunction::Log2 => each($type::log2),
                FloatFunction::Round => each($type::round_ties_even),
                FloatFunction::Sin => each($type::sin),
                FloatFunction::Sinh => each($type::sinh),
                FloatFunction::Sqrt => values.iter().map(|value| value.sqrt()).collect(),
                FloatFunction::Tan => each($type::tan),
                FloatFunction::Tanh => each($type::tanh),
                FloatFunction::Trunc => each($type::trunc),
            }
        }

        pub(crate) fn $functions2(
            function: Float2Function,
            left: Side<'_, $type>,
            right: Side<'_, $type>,
        ) -> Vec<$type> {
            match function {
                Float2Function::Atan2 => combine(left, right, $type::atan2),
                Float2Function::CopySign => combine(left, right, $type::copysign),
                Float2Function::Fmax => combine(left, right, $type::max),
                Float2Function::Fmin => combine(left, right, $type::min),
                Float2Function::Hypot => combine(left, right, $type::hypot),
                Float2Function::NextAfter => combine(left, right, libm::$nextafter),
                Float2Function::DeltaPhi => {
                    combine(left, right, |a, b| wrapped_angle(f64::from(a) - f64::from(b)) as $type)
                }
                Float2Function::Px => combine(left, right, |pt, phi| pt * phi.cos()),
                Float2Function::Py => combine(left, right, |pt, phi| pt * phi.sin()),
                Float2Function::Pz => combine(left, right, |pt, eta| pt * eta.sinh()),
            }
        }

        pub(crate) fn $tests(function: TestFunction, values: &[$type]) -> Vec<bool> {
            let test: fn(&$type) -> bool = match function {
                TestFunction::Finite => |value| value.is_finite(),
                TestFunction::Infinite => |value| value.is_infinite(),
                TestFunction::Nan => |value| value.is_nan(),
                TestFunction::Signbit => |value| value.is_sign_negative(),
            };
            values.iter().map(test).collect()
        }
    };
}

float_kernels!(f32, f32_function, f32_function2, f32_test, erff, erfcf, tgammaf, lgammaf, nextafterf);
float_kernels!(f64, f64_function, f64_function2, f64_test, erf, erfc, tgamma, lgamma, nextafter);

/// An angle brought into `[-pi, pi)`.
pub(crate) fn wrapped_angle(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if (-PI..PI).contains(&angle) {
        return angle;
    }
    let wrapped = (angle + PI).rem_euclid(TAU) - PI;
    // Rounding can put an angle just below -pi onto pi itself.
    if wrapped >= PI { -PI } else { wrapped }
}

/// A reduction of each list of floats to a float of its own type; NaN elements do not count in `min` and `max`.
pub(crate) fn pick<T: num::Float>(reduction: Reduction, values: &[T], offsets: &[i64]) -> Vec<T> {
    let nan = T::NAN;
    let lists = lists_of(values, offsets);
    match reduction {
        Reduction::First => lists.map(|list| list.first().copied().unwrap_or(nan)).collect(),
        Reduction::Last => lists.map(|list| list.last().copied().unwrap_or(nan)).collect(),
        // The standard minimum and maximum prefer a number to a NaN.
        Reduction::Min => {
            lists.map(|list| list.iter().fold(nan, |best, value| best.smaller(*value))).collect()
        }
        _ => lists.map(|list| list.iter().fold(nan, |best, value| best.larger(*value))).collect(),
    }
}

/// Position of the first largest or smallest element of each list, -1 where there is none.
pub(crate) fn position<T: num::Float>(reduction: Reduction, values: &[T], offsets: &[i64]) -> Vec<i64> {
    let largest = reduction == Reduction::ArgMax;
    let of_list = |list: &[T]| {
        let mut best: Option<(usize, T)> = None;
        for (position, value) in list.iter().enumerate() {
            let is_better = match best {
                None => value.is_number(),
                Some((_, best)) => {
                    if largest {
                        *value > best
                    } else {
                        *value < best
                    }
                }
            };
            if is_better {
                best = Some((position, *value));
            }
        }
        best.map_or(-1, |(position, _)| position as i64)
    };
    lists_of(values, offsets).map(of_list).collect()
}

/// Sum, product or mean of each list.
pub(crate) fn total(reduction: Reduction, values: &[f64], offsets: &[i64]) -> Vec<f64> {
    let lists = lists_of(values, offsets);
    match reduction {
        Reduction::Product => lists.map(|list| list.iter().product()).collect(),
        // An empty sum of floats is -0.0 in the standard library, to be neutral; ours is 0.
        Reduction::Sum => lists.map(|list| list.iter().fold(0.0, |sum, value| sum + value)).collect(),
        _ => lists.map(|list| list.iter().fold(0.0, |sum, value| sum + value) / list.len() as f64).collect(),
    }
}

/// Sum or product of each list of integers; wraps.
pub(crate) fn integer_total(reduction: Reduction, values: &[i64], offsets: &[i64]) -> Vec<i64> {
    let lists = lists_of(values, offsets);
    match reduction {
        Reduction::Product => {
            lists.map(|list| list.iter().fold(1, |total: i64, value| total.wrapping_mul(*value))).collect()
        }
        _ => lists.map(|list| list.iter().fold(0, |total: i64, value| total.wrapping_add(*value))).collect(),
    }
}

/// The lists that offsets cut values into. Offsets were checked when the piece was made.
pub(crate) fn lists_of<'a, T>(values: &'a [T], offsets: &'a [i64]) -> impl Iterator<Item = &'a [T]> {
    offsets.windows(2).map(|pair| values.get(pair[0] as usize..pair[1] as usize).unwrap_or(&[]))
}

/// What the reductions need of a float.
pub(crate) mod num {
    pub(crate) trait Float: Copy + PartialOrd {
        const NAN: Self;
        fn smaller(self, other: Self) -> Self;
        fn larger(self, other: Self) -> Self;
        fn is_number(self) -> bool;
    }

    macro_rules! float {
        ($($type:ident)*) => {$(
            impl Float for $type {
                const NAN: Self = $type::NAN;
                fn smaller(self, other: Self) -> Self {
                    self.min(other)
                }
                fn larger(self, other: Self) -> Self {
                    self.max(other)
                }
                fn is_number(self) -> bool {
                    !self.is_nan()
                }
            }
        )*};
    }
    float!(f32 f64);
}
