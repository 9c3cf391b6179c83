//! The types of what operators and functions give.

use crate::functions::Reduction;
use crate::plan::{Constant, Plan, PlanStep, common_type, holds, is_float};
use crate::tree::{BinaryOperator, CompareOperator};
use event_columns::ElementType;

/// What arithmetic of unsigned integers gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// Signed numbers, as a physicist means them: 1 - 2 is -1.
    #[default]
    BecomesSigned,
    /// The same type, which wraps, as numpy has it in the original.
    Wraps,
}

/// A plan, and whether it is a number written in the text, which takes the type of its partner.
pub(crate) struct Typed {
    pub(crate) plan: Plan,
    pub(crate) is_literal: bool,
}

pub(crate) fn literal(constant: Constant) -> Typed {
    let element = match constant {
        Constant::Bool(_) => ElementType::Bool,
        Constant::Integer(_) => ElementType::I64,
        Constant::Float(_) => ElementType::F64,
    };
    Typed { plan: Plan { step: PlanStep::Constant(constant), element, depth: 0 }, is_literal: true }
}

pub(crate) fn computed(plan: Plan) -> Typed {
    Typed { plan, is_literal: false }
}

pub(crate) fn negative(constant: Constant) -> Constant {
    match constant {
        Constant::Bool(value) => Constant::Integer(-i64::from(value)),
        Constant::Integer(value) => {
            value.checked_neg().map_or(Constant::Float(-(value as f64)), Constant::Integer)
        }
        Constant::Float(value) => Constant::Float(-value),
    }
}

/// The result of an operator on two numbers of the text, as Python has it; nothing where it is left to the data.
pub(crate) fn fold(operator: BinaryOperator, left: Constant, right: Constant) -> Option<Constant> {
    let float = |constant| match constant {
        Constant::Bool(value) => f64::from(u8::from(value)),
        Constant::Integer(value) => value as f64,
        Constant::Float(value) => value,
    };
    if let (Constant::Integer(left), Constant::Integer(right)) = (left, right) {
        let exact = match operator {
            BinaryOperator::Add => left.checked_add(right),
            BinaryOperator::Subtract => left.checked_sub(right),
            BinaryOperator::Multiply => left.checked_mul(right),
            BinaryOperator::Power => u32::try_from(right).ok().and_then(|power| left.checked_pow(power)),
            BinaryOperator::Divide => None,
            _ => return None,
        };
        if let Some(exact) = exact {
            return Some(Constant::Integer(exact));
        }
    }
    let (left, right) = (float(left), float(right));
    Some(Constant::Float(match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide => left / right,
        BinaryOperator::Power => left.powf(right),
        _ => return None,
    }))
}

/// A condition counts as 0 and 1 where a number is needed.
pub(crate) fn number(plan: Plan) -> Plan {
    if plan.is_bool() { convert(plan, ElementType::I64) } else { plan }
}

/// A number is true where it is not 0.
pub(crate) fn truth(plan: Plan) -> Plan {
    if plan.is_bool() {
        return plan;
    }
    let (depth, element) = (plan.depth, plan.element);
    let zero = convert(literal(Constant::Integer(0)).plan, element);
    let step = PlanStep::Compare(vec![plan, zero], vec![(CompareOperator::NotEqual, element)]);
    Plan { step, element: ElementType::Bool, depth }
}

pub(crate) fn convert(plan: Plan, element: ElementType) -> Plan {
    if plan.element == element {
        return plan;
    }
    let depth = plan.depth;
    let constant = plan.constant().and_then(|constant| match (constant, element) {
        (Constant::Integer(value), element) if is_float(element) => Some(Constant::Float(value as f64)),
        (Constant::Integer(value), element) if holds(element, value) => Some(Constant::Integer(value)),
        (Constant::Float(value), element) if is_float(element) => Some(Constant::Float(value)),
        _ => None,
    });
    match constant {
        Some(constant) => Plan { step: PlanStep::Constant(constant), element, depth },
        None => Plan { step: PlanStep::Convert(Box::new(plan)), element, depth },
    }
}

pub(crate) fn logical(operator: BinaryOperator, left: Plan, right: Plan) -> Plan {
    let depth = left.depth.max(right.depth);
    let step = PlanStep::Arithmetic(operator, Box::new(left), Box::new(right));
    Plan { step, element: ElementType::Bool, depth }
}

/// Both sides in their common type. A number of the text takes the type of its partner where that can hold its kind:
/// `jet_pt * 2.5` stays `f32`, `n * 2.5` becomes `f64`.
pub(crate) fn meet(left: Typed, right: Typed) -> (Plan, Plan) {
    let element = meeting_type(&left, &right);
    (convert(left.plan, element), convert(right.plan, element))
}

pub(crate) fn meeting_type(left: &Typed, right: &Typed) -> ElementType {
    match (left.is_literal, right.is_literal) {
        (true, false) => literal_meets(left.plan.constant(), right.plan.element),
        (false, true) => literal_meets(right.plan.constant(), left.plan.element),
        _ => common_type(left.plan.element, right.plan.element),
    }
}

pub(crate) fn literal_meets(constant: Option<Constant>, partner: ElementType) -> ElementType {
    match constant {
        Some(Constant::Integer(value)) if partner != ElementType::Bool => {
            if is_float(partner) || holds(partner, value) {
                partner
            } else {
                common_type(partner, ElementType::I64)
            }
        }
        Some(Constant::Integer(_)) => ElementType::I64,
        Some(Constant::Float(_)) if !is_float(partner) => ElementType::F64,
        _ => partner,
    }
}

impl Unsigned {
    /// The type in which numbers of a type are added, multiplied or negated. 64-bit unsigned integers become floats, which
    /// are exact up to 2^53 and never of the wrong sign.
    pub(crate) fn result(self, element: ElementType) -> ElementType {
        match element {
            ElementType::U8 | ElementType::U16 | ElementType::U32 if self == Self::BecomesSigned => {
                ElementType::I64
            }
            ElementType::U64 if self == Self::BecomesSigned => ElementType::F64,
            element => element,
        }
    }
}

/// Whether the result can leave the range of its sides.
pub(crate) fn can_leave_range(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Add, Multiply, Power, Subtract};
    matches!(operator, Add | Subtract | Multiply | Power)
}

/// An operator on numbers. `/` is true division in floats; a power of integers stays one for a written exponent from
/// 0 up and is a float otherwise.
pub(crate) fn arithmetic(operator: BinaryOperator, left: Typed, right: Typed, unsigned: Unsigned) -> Plan {
    let exponent = right.plan.constant();
    let (mut left, mut right) = meet(left, right);
    if left.is_bool() {
        (left, right) = (number(left), number(right));
    }
    let stays_integer = matches!(exponent, Some(Constant::Integer(exponent)) if (0..=64).contains(&exponent));
    let element = match operator {
        BinaryOperator::Divide if !is_float(left.element) => ElementType::F64,
        BinaryOperator::Power if !is_float(left.element) && !stays_integer => ElementType::F64,
        operator if can_leave_range(operator) => unsigned.result(left.element),
        _ => left.element,
    };
    let (left, right) = (convert(left, element), convert(right, element));
    let depth = left.depth.max(right.depth);
    Plan { step: PlanStep::Arithmetic(operator, Box::new(left), Box::new(right)), element, depth }
}

/// The type that can also say "missing".
pub(crate) fn with_nan(element: ElementType) -> ElementType {
    if element == ElementType::F32 { ElementType::F32 } else { ElementType::F64 }
}

pub(crate) fn reduce(reduction: Reduction, plan: Plan) -> Plan {
    let element = match reduction {
        Reduction::Sum | Reduction::Product => {
            let is_float = is_float(plan.element) || plan.element == ElementType::U64;
            if is_float { ElementType::F64 } else { ElementType::I64 }
        }
        Reduction::Count | Reduction::Len | Reduction::ArgMax | Reduction::ArgMin => ElementType::I64,
        Reduction::Any | Reduction::All => ElementType::Bool,
        Reduction::Mean => ElementType::F64,
        Reduction::Min | Reduction::Max | Reduction::First | Reduction::Last => with_nan(plan.element),
    };
    let depth = plan.depth - 1;
    let plan = match reduction {
        Reduction::Sum
        | Reduction::Product
        | Reduction::Mean
        | Reduction::Min
        | Reduction::Max
        | Reduction::First
        | Reduction::Last => convert(plan, element),
        Reduction::ArgMax | Reduction::ArgMin => {
            let element = with_nan(plan.element);
            convert(plan, element)
        }
        Reduction::Count | Reduction::Len | Reduction::Any | Reduction::All => plan,
    };
    Plan { step: PlanStep::Reduce(reduction, Box::new(plan)), element, depth }
}
