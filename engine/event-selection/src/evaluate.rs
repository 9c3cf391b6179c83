//! Runs a plan over the columns of a chunk.

use crate::checked::EvaluationError;
use crate::functions::{FourVectorFunction, Reduction};
use crate::kernels::{self, Arithmetic, Side};
use crate::plan::{Constant, Plan, PlanStep};
use crate::tree::{BinaryOperator, CompareOperator};
use crate::value::{
    Aligned, Level, Value, align, conditions_of, numbers_of, polars_type, series_of_conditions,
    series_of_numbers, unexpected_type, with_numbers,
};
use event_columns::{ElementType, Slice};
use polars::prelude::{DataType, Series};
use std::collections::HashMap;
use std::sync::Arc;

type Evaluated<T> = Result<T, EvaluationError>;

/// The columns that expressions see, by name.
pub(crate) type Columns = HashMap<Arc<str>, Value>;

pub(crate) fn evaluate(plan: &Plan, columns: &Columns) -> Evaluated<Value> {
    let argument = |plan: &Plan| evaluate(plan, columns);
    match &plan.step {
        PlanStep::Constant(constant) => Ok(Value::constant(constant_series(*constant, plan.element)?)),
        PlanStep::Column(name) => columns
            .get(name)
            .cloned()
            .ok_or_else(|| EvaluationError::MissingColumn { name: name.to_string() }),
        PlanStep::Convert(inner) => map(argument(inner)?, |data| convert(data, plan.element)),
        PlanStep::Negative(inner) => map(
            argument(inner)?,
            |data| with_numbers!(data, values => series_of_numbers(values.iter().map(|value| value.negative()).collect())),
        ),
        PlanStep::Absolute(inner) => map(
            argument(inner)?,
            |data| with_numbers!(data, values => series_of_numbers(values.iter().map(|value| value.absolute()).collect())),
        ),
        PlanStep::Invert(inner) => map(argument(inner)?, invert),
        PlanStep::Float(function, inner) => map(argument(inner)?, |data| match data.dtype() {
            DataType::Float32 => {
                series_of_numbers(kernels::f32_function(*function, numbers_of(data.f32()?)?))
            }
            _ => series_of_numbers(kernels::f64_function(*function, numbers_of(data.f64()?)?)),
        }),
        PlanStep::Test(function, inner) => map(argument(inner)?, |data| {
            Ok(series_of_conditions(&match data.dtype() {
                DataType::Float32 => kernels::f32_test(*function, numbers_of(data.f32()?)?),
                _ => kernels::f64_test(*function, numbers_of(data.f64()?)?),
            }))
        }),
        PlanStep::Arithmetic(operator, left, right) => {
            let aligned = align(vec![argument(left)?, argument(right)?])?;
            let data = arithmetic(*operator, &aligned)?;
            Ok(aligned.into_value(data))
        }
        PlanStep::Float2(function, left, right) => {
            let aligned = align(vec![argument(left)?, argument(right)?])?;
            let (left, right, n) = (&aligned.data[0], &aligned.data[1], aligned.n_values);
            let data = if left.dtype() == &DataType::Float32 {
                let (left, right) = (numbers_of(left.f32()?)?, numbers_of(right.f32()?)?);
                series_of_numbers(kernels::f32_function2(*function, Side::new(left, n), Side::new(right, n)))?
            } else {
                let (left, right) = (numbers_of(left.f64()?)?, numbers_of(right.f64()?)?);
                series_of_numbers(kernels::f64_function2(*function, Side::new(left, n), Side::new(right, n)))?
            };
            Ok(aligned.into_value(data))
        }
        PlanStep::Compare(operands, pairs) => {
            let operands = operands.iter().map(argument).collect::<Evaluated<Vec<Value>>>()?;
            let aligned = align(operands)?;
            let data = compare_chain(&aligned, pairs)?;
            Ok(aligned.into_value(data))
        }
        PlanStep::Where(condition, left, right) => {
            let aligned = align(vec![argument(condition)?, argument(left)?, argument(right)?])?;
            let data = choose(&aligned)?;
            Ok(aligned.into_value(data))
        }
        PlanStep::FourVector(function, arguments) => {
            let arguments = arguments.iter().map(argument).collect::<Evaluated<Vec<Value>>>()?;
            four_vector(*function, arguments)
        }
        PlanStep::Reduce(reduction, inner) => reduce(*reduction, argument(inner)?),
        PlanStep::Filter(list, condition, origin) => filter(argument(list)?, argument(condition)?, origin),
        PlanStep::Index(list, index) => pick_position(argument(list)?, argument(index)?),
    }
}

fn map(value: Value, function: impl FnOnce(&Series) -> Evaluated<Series>) -> Evaluated<Value> {
    Ok(Value { data: function(&value.data)?, ..value })
}

fn constant_series(constant: Constant, element: ElementType) -> Evaluated<Series> {
    match constant {
        Constant::Bool(value) => Ok(series_of_conditions(&[value])),
        Constant::Integer(value) => convert(&series_of_numbers(vec![value])?, element),
        Constant::Float(value) => convert(&series_of_numbers(vec![value])?, element),
    }
}

fn convert(data: &Series, element: ElementType) -> Evaluated<Series> {
    let dtype = polars_type(element);
    if let (DataType::UInt64, DataType::Int64) = (data.dtype(), &dtype) {
        // Positions in lists: a cast would make those beyond the signed integers null.
        let largest = |value: &u64| i64::try_from(*value).unwrap_or(i64::MAX);
        return series_of_numbers(numbers_of(data.u64()?)?.iter().map(largest).collect());
    }
    if data.dtype() == &dtype { Ok(data.clone()) } else { Ok(data.cast(&dtype)?.rechunk()) }
}

fn invert(data: &Series) -> Evaluated<Series> {
    Ok(match data.dtype() {
        DataType::Boolean => polars::prelude::IntoSeries::into_series(!data.bool()?),
        DataType::Int8 => series_of_numbers(numbers_of(data.i8()?)?.iter().map(|value| !value).collect())?,
        DataType::Int16 => series_of_numbers(numbers_of(data.i16()?)?.iter().map(|value| !value).collect())?,
        DataType::Int32 => series_of_numbers(numbers_of(data.i32()?)?.iter().map(|value| !value).collect())?,
        DataType::Int64 => series_of_numbers(numbers_of(data.i64()?)?.iter().map(|value| !value).collect())?,
        DataType::UInt8 => series_of_numbers(numbers_of(data.u8()?)?.iter().map(|value| !value).collect())?,
        DataType::UInt16 => series_of_numbers(numbers_of(data.u16()?)?.iter().map(|value| !value).collect())?,
        DataType::UInt32 => series_of_numbers(numbers_of(data.u32()?)?.iter().map(|value| !value).collect())?,
        DataType::UInt64 => series_of_numbers(numbers_of(data.u64()?)?.iter().map(|value| !value).collect())?,
        other => return Err(unexpected_type(other)),
    })
}

fn arithmetic(operator: BinaryOperator, aligned: &Aligned) -> Evaluated<Series> {
    let (left, right) = (&aligned.data[0], &aligned.data[1]);
    if left.dtype() == &DataType::Boolean {
        return logical(operator, left, right);
    }
    macro_rules! operate {
        ($method:ident) => {{
            let (left, right) = (numbers_of(left.$method()?)?, numbers_of(right.$method()?)?);
            let (left, right) = (Side::new(left, aligned.n_values), Side::new(right, aligned.n_values));
            series_of_numbers(Arithmetic::operate(operator, left, right))
        }};
    }
    match left.dtype() {
        DataType::Int8 => operate!(i8),
        DataType::Int16 => operate!(i16),
        DataType::Int32 => operate!(i32),
        DataType::Int64 => operate!(i64),
        DataType::UInt8 => operate!(u8),
        DataType::UInt16 => operate!(u16),
        DataType::UInt32 => operate!(u32),
        DataType::UInt64 => operate!(u64),
        DataType::Float32 => operate!(f32),
        DataType::Float64 => operate!(f64),
        other => Err(unexpected_type(other)),
    }
}

/// Conditions are combined as packed bits; polars repeats a single one.
fn logical(operator: BinaryOperator, left: &Series, right: &Series) -> Evaluated<Series> {
    let (left, right) = (left.bool()?, right.bool()?);
    let combined = match operator {
        BinaryOperator::And | BinaryOperator::BitAnd => left & right,
        BinaryOperator::Or | BinaryOperator::BitOr => left | right,
        _ => left ^ right,
    };
    Ok(polars::prelude::IntoSeries::into_series(combined).rechunk())
}

fn compare_chain(aligned: &Aligned, pairs: &[(CompareOperator, ElementType)]) -> Evaluated<Series> {
    let mut whole: Option<Series> = None;
    for ((operator, element), neighbours) in pairs.iter().zip(aligned.data.windows(2)) {
        let (left, right) = (convert(&neighbours[0], *element)?, convert(&neighbours[1], *element)?);
        let pair = compare(*operator, &left, &right, aligned.n_values)?;
        whole = Some(match whole {
            None => pair,
            Some(before) => logical(BinaryOperator::And, &before, &pair)?,
        });
    }
    whole.ok_or_else(|| EvaluationError::Internal { reason: "a comparison without operators".to_string() })
}

fn compare(operator: CompareOperator, left: &Series, right: &Series, n_values: usize) -> Evaluated<Series> {
    macro_rules! compare {
        ($method:ident) => {{
            let (left, right) = (numbers_of(left.$method()?)?, numbers_of(right.$method()?)?);
            kernels::compare(operator, Side::new(left, n_values), Side::new(right, n_values))
        }};
    }
    let found = match left.dtype() {
        DataType::Boolean => {
            let (left, right) = (conditions_of(left)?, conditions_of(right)?);
            kernels::compare(operator, Side::new(&left, n_values), Side::new(&right, n_values))
        }
        DataType::Int8 => compare!(i8),
        DataType::Int16 => compare!(i16),
        DataType::Int32 => compare!(i32),
        DataType::Int64 => compare!(i64),
        DataType::UInt8 => compare!(u8),
        DataType::UInt16 => compare!(u16),
        DataType::UInt32 => compare!(u32),
        DataType::UInt64 => compare!(u64),
        DataType::Float32 => compare!(f32),
        DataType::Float64 => compare!(f64),
        other => return Err(unexpected_type(other)),
    };
    Ok(series_of_conditions(&found))
}

/// `where`: the second where the first holds, else the third.
fn choose(aligned: &Aligned) -> Evaluated<Series> {
    fn chosen<T: Copy>(conditions: &[bool], left: &[T], right: &[T], n_values: usize) -> Vec<T> {
        let at = |side: &[T], position: usize| if side.len() == n_values { side[position] } else { side[0] };
        let condition =
            |position: usize| if conditions.len() == n_values { conditions[position] } else { conditions[0] };
        (0..n_values).map(|p| if condition(p) { at(left, p) } else { at(right, p) }).collect()
    }
    let [conditions, left, right] = aligned.data.as_slice() else {
        return Err(EvaluationError::Internal { reason: "where without three sides".to_string() });
    };
    let (conditions, n) = (conditions_of(conditions)?, aligned.n_values);
    macro_rules! choose {
        ($method:ident) => {
            series_of_numbers(chosen(
                &conditions,
                numbers_of(left.$method()?)?,
                numbers_of(right.$method()?)?,
                n,
            ))
        };
    }
    match left.dtype() {
        DataType::Boolean => {
            Ok(series_of_conditions(&chosen(&conditions, &conditions_of(left)?, &conditions_of(right)?, n)))
        }
        DataType::Int8 => choose!(i8),
        DataType::Int16 => choose!(i16),
        DataType::Int32 => choose!(i32),
        DataType::Int64 => choose!(i64),
        DataType::UInt8 => choose!(u8),
        DataType::UInt16 => choose!(u16),
        DataType::UInt32 => choose!(u32),
        DataType::UInt64 => choose!(u64),
        DataType::Float32 => choose!(f32),
        DataType::Float64 => choose!(f64),
        other => Err(unexpected_type(other)),
    }
}

fn four_vector(function: FourVectorFunction, arguments: Vec<Value>) -> Evaluated<Value> {
    let is_sum = function == FourVectorFunction::InvariantMass && arguments.len() == 4;
    let mut aligned = align(arguments)?;
    let n_values = aligned.n_values;
    let mut sides = Vec::with_capacity(aligned.data.len());
    for series in &aligned.data {
        sides.push(numbers_of(series.f64()?)?);
    }
    let at = |argument: usize, position: usize| {
        let side = sides[argument];
        if side.len() == n_values { side[position] } else { side[0] }
    };
    let vector = |first: usize, position: usize| {
        let [pt, eta, phi, mass] = std::array::from_fn(|argument| at(first + argument, position));
        let (px, py, pz) = (pt * phi.cos(), pt * phi.sin(), pt * eta.sinh());
        [(px * px + py * py + pz * pz + mass * mass).sqrt(), px, py, pz]
    };
    let positions = 0..n_values;
    let values: Vec<f64> = match function {
        FourVectorFunction::DeltaR => positions
            .map(|p| (at(0, p) - at(2, p)).hypot(kernels::wrapped_angle(at(1, p) - at(3, p))))
            .collect(),
        FourVectorFunction::Energy => {
            positions.map(|p| (at(0, p) * at(1, p).cosh()).hypot(at(2, p))).collect()
        }
        FourVectorFunction::InvariantMass if is_sum => {
            let Some(level) = aligned.levels.pop() else {
                return Err(EvaluationError::Internal { reason: "a sum without lists".to_string() });
            };
            let of_list = |pair: &[i64]| {
                let list = pair[0] as usize..pair[1] as usize;
                mass(list.map(|position| vector(0, position)).fold([0.0; 4], added))
            };
            level.offsets.windows(2).map(of_list).collect()
        }
        FourVectorFunction::InvariantMass => {
            positions.map(|p| mass(added(vector(0, p), vector(4, p)))).collect()
        }
    };
    let data = series_of_numbers(values)?;
    Ok(aligned.into_value(data))
}

fn added(left: [f64; 4], right: [f64; 4]) -> [f64; 4] {
    std::array::from_fn(|axis| left[axis] + right[axis])
}

/// The mass of a four-vector. Rounding can leave its square slightly below 0, which then counts as 0.
fn mass([energy, px, py, pz]: [f64; 4]) -> f64 {
    let squared = energy * energy - (px * px + py * py + pz * pz);
    if squared < 0.0 { 0.0 } else { squared.sqrt() }
}

fn reduce(reduction: Reduction, mut value: Value) -> Evaluated<Value> {
    let Some(level) = value.levels.pop() else {
        return Err(EvaluationError::Internal { reason: "a reduction without lists".to_string() });
    };
    let (data, offsets) = (&value.data, &*level.offsets);
    let reduced = match reduction {
        Reduction::Len => series_of_numbers(offsets.windows(2).map(|pair| pair[1] - pair[0]).collect())?,
        Reduction::Count => {
            let conditions = conditions_of(data)?;
            let count = |list: &[bool]| list.iter().filter(|condition| **condition).count() as i64;
            series_of_numbers(kernels::lists_of(&conditions, offsets).map(count).collect())?
        }
        Reduction::Any | Reduction::All => {
            let conditions = conditions_of(data)?;
            let lists = kernels::lists_of(&conditions, offsets);
            let found: Vec<bool> = if reduction == Reduction::Any {
                lists.map(|list| list.contains(&true)).collect()
            } else {
                lists.map(|list| !list.contains(&false)).collect()
            };
            series_of_conditions(&found)
        }
        Reduction::Sum | Reduction::Product | Reduction::Mean => match data.dtype() {
            DataType::Int64 => {
                series_of_numbers(kernels::integer_total(reduction, numbers_of(data.i64()?)?, offsets))?
            }
            _ => series_of_numbers(kernels::total(reduction, numbers_of(data.f64()?)?, offsets))?,
        },
        Reduction::Min | Reduction::Max | Reduction::First | Reduction::Last => match data.dtype() {
            DataType::Float32 => {
                series_of_numbers(kernels::pick(reduction, numbers_of(data.f32()?)?, offsets))?
            }
            _ => series_of_numbers(kernels::pick(reduction, numbers_of(data.f64()?)?, offsets))?,
        },
        Reduction::ArgMax | Reduction::ArgMin => series_of_numbers(match data.dtype() {
            DataType::Float32 => kernels::position(reduction, numbers_of(data.f32()?)?, offsets),
            _ => kernels::position(reduction, numbers_of(data.f64()?)?, offsets),
        })?,
    };
    Ok(Value { data: reduced, ..value })
}

/// The elements for which the condition holds.
fn filter(list: Value, condition: Value, origin: &Arc<str>) -> Evaluated<Value> {
    let mut aligned = align(vec![list, condition])?;
    let conditions = conditions_of(&aligned.data[1])?;
    let data = aligned.data[0].filter(aligned.data[1].bool()?)?.rechunk();
    let Some(innermost) = aligned.levels.last_mut() else {
        return Err(EvaluationError::Internal { reason: "a filter without lists".to_string() });
    };
    let mut offsets = Vec::with_capacity(innermost.offsets.len());
    offsets.push(0);
    let mut n_kept = 0;
    for list in kernels::lists_of(&conditions, &innermost.offsets) {
        n_kept += list.iter().filter(|condition| **condition).count() as i64;
        offsets.push(n_kept);
    }
    *innermost = Level { offsets: Slice::from(offsets), origin: origin.clone() };
    Ok(aligned.into_value(data))
}

/// The element at a position of each list, counted from its end below 0; NaN where there is none.
fn pick_position(mut list: Value, index: Value) -> Evaluated<Value> {
    fn picked<T: kernels::num::Float>(values: &[T], offsets: &[i64], index: impl Fn(usize) -> i64) -> Vec<T> {
        let of_list = |(number, list): (usize, &[T])| {
            let position = index(number);
            let position = if position < 0 { position.saturating_add(list.len() as i64) } else { position };
            usize::try_from(position).ok().and_then(|position| list.get(position)).copied().unwrap_or(T::NAN)
        };
        kernels::lists_of(values, offsets).enumerate().map(of_list).collect()
    }
    let Some(level) = list.levels.pop() else {
        return Err(EvaluationError::Internal { reason: "an index without lists".to_string() });
    };
    let n_lists = level.offsets.len().saturating_sub(1);
    // A stand-in of the lists' own shape brings the index to one position for each list.
    let stand_in = Value {
        levels: list.levels.clone(),
        data: series_of_conditions(&vec![true; n_lists]),
        is_constant: false,
    };
    let aligned = align(vec![stand_in, index])?;
    let positions = numbers_of(aligned.data[1].i64()?)?;
    let index = |number: usize| if positions.len() == n_lists { positions[number] } else { positions[0] };
    let data = match list.data.dtype() {
        DataType::Float32 => series_of_numbers(picked(numbers_of(list.data.f32()?)?, &level.offsets, index))?,
        _ => series_of_numbers(picked(numbers_of(list.data.f64()?)?, &level.offsets, index))?,
    };
    Ok(Value { data, ..list })
}
