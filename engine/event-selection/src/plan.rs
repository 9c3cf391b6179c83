//! The checked expression: every node with its type, every conversion said.

use crate::functions::{Float2Function, FloatFunction, FourVectorFunction, Reduction, TestFunction};
use crate::tree::{BinaryOperator, CompareOperator};
use event_columns::ElementType;
use std::sync::Arc;

/// A checked expression and what it gives: values of `element`, in `depth` levels of lists.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) step: PlanStep,
    pub(crate) element: ElementType,
    pub(crate) depth: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum PlanStep {
    Constant(Constant),
    Column(Arc<str>),
    /// The argument's values as [`Plan::element`].
    Convert(Box<Plan>),
    Negative(Box<Plan>),
    Absolute(Box<Plan>),
    /// Bitwise for integers, logical for conditions.
    Invert(Box<Plan>),
    /// Both sides have the element of the result.
    Arithmetic(BinaryOperator, Box<Plan>, Box<Plan>),
    /// A chain: each neighbour pair is compared in the type that stands beside its operator, and all must hold.
    Compare(Vec<Plan>, Vec<(CompareOperator, ElementType)>),
    Float(FloatFunction, Box<Plan>),
    Float2(Float2Function, Box<Plan>, Box<Plan>),
    Test(TestFunction, Box<Plan>),
    /// The condition, and two sides of the element of the result.
    Where(Box<Plan>, Box<Plan>, Box<Plan>),
    /// Arguments are `f64`.
    FourVector(FourVectorFunction, Vec<Plan>),
    Reduce(Reduction, Box<Plan>),
    /// Elements of a list for which the condition holds; the text names the new shape in messages.
    Filter(Box<Plan>, Box<Plan>, Arc<str>),
    /// The element at a position; NaN where there is none.
    Index(Box<Plan>, Box<Plan>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Integer(i64),
    Float(f64),
}

impl Plan {
    pub(crate) fn is_bool(&self) -> bool {
        self.element == ElementType::Bool
    }

    /// The constant behind this plan, also one that was given a type.
    pub(crate) fn constant(&self) -> Option<Constant> {
        match &self.step {
            PlanStep::Constant(constant) => Some(*constant),
            _ => None,
        }
    }
}

pub(crate) fn is_float(element: ElementType) -> bool {
    matches!(element, ElementType::F32 | ElementType::F64)
}

/// Bits of an integer type and whether it is signed; a condition counts as an unsigned bit.
fn integer_bits(element: ElementType) -> (u32, bool) {
    match element {
        ElementType::I8 => (8, true),
        ElementType::I16 => (16, true),
        ElementType::I32 => (32, true),
        ElementType::U8 => (8, false),
        ElementType::U16 => (16, false),
        ElementType::U32 => (32, false),
        ElementType::U64 => (64, false),
        ElementType::Bool => (1, false),
        _ => (64, true),
    }
}

/// The type in which two numbers meet, as in numpy: the smallest that holds both. 64-bit integers of different
/// signs meet as `f64`, and so do `f32` and integers of more than 16 bits.
pub(crate) fn common_type(left: ElementType, right: ElementType) -> ElementType {
    if left == right {
        return left;
    }
    match (is_float(left), is_float(right)) {
        (true, true) => ElementType::F64,
        (true, false) => float_with_integer(left, right),
        (false, true) => float_with_integer(right, left),
        (false, false) => common_integer(left, right),
    }
}

fn float_with_integer(float: ElementType, integer: ElementType) -> ElementType {
    if integer_bits(integer).0 <= 16 { float } else { ElementType::F64 }
}

fn common_integer(left: ElementType, right: ElementType) -> ElementType {
    let ((left_bits, left_signed), (right_bits, right_signed)) = (integer_bits(left), integer_bits(right));
    if left_signed == right_signed || left_bits == 1 || right_bits == 1 {
        return if left_bits >= right_bits { left } else { right };
    }
    let (signed_bits, unsigned_bits) =
        if left_signed { (left_bits, right_bits) } else { (right_bits, left_bits) };
    match signed_bits.max(unsigned_bits * 2) {
        8 => ElementType::I8,
        16 => ElementType::I16,
        32 => ElementType::I32,
        64 => ElementType::I64,
        _ => ElementType::F64,
    }
}

/// The float type in which a function of a number is computed, as in numpy, but `f64` where numpy would take its
/// half precision (8-bit integers and conditions): half precision would lose digits for nothing.
pub(crate) fn float_type(element: ElementType) -> ElementType {
    match element {
        ElementType::F32 | ElementType::I16 | ElementType::U16 => ElementType::F32,
        _ => ElementType::F64,
    }
}

/// Whether an integer constant fits a type.
pub(crate) fn holds(element: ElementType, value: i64) -> bool {
    let (bits, signed) = integer_bits(element);
    let value = i128::from(value);
    if signed {
        let limit = 1_i128 << (bits - 1);
        (-limit..limit).contains(&value)
    } else {
        (0..1_i128 << bits).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};

    #[test]
    fn types_meet_as_in_numpy() {
        let check = |left, right, expected| {
            assert_eq!(common_type(left, right), expected, "{left:?} {right:?}");
            assert_eq!(common_type(right, left), expected, "{right:?} {left:?}");
        };
        check(I32, F32, F64);
        check(I16, F32, F32);
        check(F32, F64, F64);
        check(U8, I8, I16);
        check(U16, I32, I32);
        check(U32, I32, I64);
        check(U64, I64, F64);
        check(Bool, I8, I8);
        check(Bool, U64, U64);
        check(Bool, F32, F32);
        assert!(holds(U8, 255) && !holds(U8, -1) && !holds(I8, 128) && holds(I64, i64::MIN));
    }
}
