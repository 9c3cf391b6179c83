//! The one list of functions: names, numbers of arguments, and what each does.

use std::fmt::Write;

/// One function of the language, by its first name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The names that call it; the first is its own.
    pub(crate) names: &'static [&'static str],
    pub(crate) n_arguments: (usize, usize),
    pub(crate) kind: FunctionKind,
    pub(crate) help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    /// Numbers to floats, each for itself.
    Float(FloatFunction),
    /// Two numbers to a float.
    Float2(Float2Function),
    /// Integers stay as they are; floats are rounded.
    Rounding(FloatFunction),
    /// A number to true or false.
    Test(TestFunction),
    Absolute,
    Negative,
    /// The number itself: all ours are real.
    Same,
    /// 0, the imaginary part of a real number.
    Zero,
    Logical(bool),
    Where,
    /// A list to one value.
    Reduce(Reduction),
    /// `min` and `max`: a reduction with one argument, of two numbers with two.
    ReduceOrPair(Reduction, Float2Function),
    FourVector(FourVectorFunction),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FourVectorFunction {
    /// Of the lists of an event with 4 arguments, of two particles with 8.
    InvariantMass,
    DeltaR,
    Energy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum FloatFunction {
    Acos, Acosh, Asin, Asinh, Atan, Atanh, Cbrt, Ceil, Cos, Cosh, Erf, Erfc, Exp, Exp2, Expm1, Fabs, Factorial, Floor,
    Gamma, Lgamma, Log, Log10, Log1p, Log2, Round, Sin, Sinh, Sqrt, Tan, Tanh, Trunc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Float2Function {
    Atan2,
    CopySign,
    Fmax,
    Fmin,
    Hypot,
    NextAfter,
    DeltaPhi,
    Px,
    Py,
    Pz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestFunction {
    Finite,
    Infinite,
    Nan,
    Signbit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    Product,
    Count,
    Len,
    Min,
    Max,
    Mean,
    Any,
    All,
    First,
    Last,
    ArgMax,
    ArgMin,
}

impl Function {
    pub(crate) fn find(name: &str) -> Option<&'static Function> {
        FUNCTIONS.iter().find(|function| function.names.contains(&name))
    }

    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().flat_map(|function| function.names.iter().copied())
    }
}

/// A page of all functions, one line each: names, what it does.
pub fn function_help() -> String {
    let mut page = String::new();
    for function in FUNCTIONS {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "{:<28} {}", function.names.join(", "), function.help);
    }
    page
}

/// Every name that calls a function, with the sentence that explains it.
pub fn function_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    FUNCTIONS.iter().flat_map(|function| function.names.iter().map(|name| (*name, function.help)))
}

const fn function(
    names: &'static [&'static str],
    n_arguments: usize,
    kind: FunctionKind,
    help: &'static str,
) -> Function {
    Function { names, n_arguments: (n_arguments, n_arguments), kind, help }
}

use FunctionKind::{Float, Float2, Reduce, ReduceOrPair, Rounding, Test};

#[rustfmt::skip]
const FUNCTIONS: &[Function] = &[
    function(&["abs", "absolute"], 1, FunctionKind::Absolute, "the value without its sign"),
    function(&["fabs"], 1, Float(FloatFunction::Fabs), "the value without its sign, as a float"),
    function(&["neg"], 1, FunctionKind::Negative, "the value with the other sign"),
    function(&["conj", "conjugate", "real"], 1, FunctionKind::Same, "the number itself"),
    function(&["imag"], 1, FunctionKind::Zero, "0: branches are real"),
    function(&["sqrt"], 1, Float(FloatFunction::Sqrt), "square root; NaN below 0"),
    function(&["cbrt"], 1, Float(FloatFunction::Cbrt), "cube root"),
    function(&["exp"], 1, Float(FloatFunction::Exp), "e to the power of x"),
    function(&["exp2"], 1, Float(FloatFunction::Exp2), "2 to the power of x"),
    function(&["expm1"], 1, Float(FloatFunction::Expm1), "exp(x) - 1, exact near 0"),
    function(&["log"], 1, Float(FloatFunction::Log), "natural logarithm; -inf at 0, NaN below"),
    function(&["log10"], 1, Float(FloatFunction::Log10), "logarithm of base 10"),
    function(&["log1p"], 1, Float(FloatFunction::Log1p), "log(1 + x), exact near 0"),
    function(&["log2"], 1, Float(FloatFunction::Log2), "logarithm of base 2"),
    function(&["sin"], 1, Float(FloatFunction::Sin), "sine of radians"),
    function(&["cos"], 1, Float(FloatFunction::Cos), "cosine of radians"),
    function(&["tan"], 1, Float(FloatFunction::Tan), "tangent of radians"),
    function(&["asin", "arcsin"], 1, Float(FloatFunction::Asin), "inverse sine"),
    function(&["acos", "arccos"], 1, Float(FloatFunction::Acos), "inverse cosine"),
    function(&["atan", "arctan"], 1, Float(FloatFunction::Atan), "inverse tangent"),
    function(&["atan2", "arctan2"], 2, Float2(Float2Function::Atan2), "angle of the point (second, first)"),
    function(&["sinh"], 1, Float(FloatFunction::Sinh), "hyperbolic sine"),
    function(&["cosh"], 1, Float(FloatFunction::Cosh), "hyperbolic cosine"),
    function(&["tanh"], 1, Float(FloatFunction::Tanh), "hyperbolic tangent"),
    function(&["asinh", "arcsinh"], 1, Float(FloatFunction::Asinh), "inverse hyperbolic sine"),
    function(&["acosh", "arccosh"], 1, Float(FloatFunction::Acosh), "inverse hyperbolic cosine"),
    function(&["atanh", "arctanh"], 1, Float(FloatFunction::Atanh), "inverse hyperbolic tangent"),
    function(&["erf"], 1, Float(FloatFunction::Erf), "error function"),
    function(&["erfc"], 1, Float(FloatFunction::Erfc), "1 - erf(x), exact far out"),
    function(&["gamma", "tgamma"], 1, Float(FloatFunction::Gamma), "gamma function"),
    function(&["lgamma"], 1, Float(FloatFunction::Lgamma), "logarithm of |gamma(x)|"),
    function(&["factorial"], 1, Float(FloatFunction::Factorial), "gamma(round(x) + 1), rounded"),
    function(&["ceil"], 1, Rounding(FloatFunction::Ceil), "next integer up"),
    function(&["floor"], 1, Rounding(FloatFunction::Floor), "next integer down"),
    function(&["trunc"], 1, Rounding(FloatFunction::Trunc), "next integer towards 0"),
    function(&["round", "rint"], 1, Rounding(FloatFunction::Round), "nearest integer, halves to even"),
    function(&["copysign"], 2, Float2(Float2Function::CopySign), "the first with the sign of the second"),
    function(&["fmax"], 2, Float2(Float2Function::Fmax), "the larger of two; a NaN loses"),
    function(&["fmin"], 2, Float2(Float2Function::Fmin), "the smaller of two; a NaN loses"),
    function(&["hypot"], 2, Float2(Float2Function::Hypot), "sqrt(x**2 + y**2)"),
    function(&["nextafter"], 2, Float2(Float2Function::NextAfter), "the next float after the first towards the second"),
    function(&["isfinite"], 1, Test(TestFunction::Finite), "whether it is neither NaN nor infinite"),
    function(&["isinf"], 1, Test(TestFunction::Infinite), "whether it is infinite"),
    function(&["isnan"], 1, Test(TestFunction::Nan), "whether it is NaN"),
    function(&["signbit"], 1, Test(TestFunction::Signbit), "whether its sign is minus (true for -0.0)"),
    function(&["logical_and"], 2, FunctionKind::Logical(true), "whether both are true or not 0"),
    function(&["logical_or"], 2, FunctionKind::Logical(false), "whether one is true or not 0"),
    function(&["where"], 3, FunctionKind::Where, "the second where the first is true, else the third"),
    function(&["sum"], 1, Reduce(Reduction::Sum), "sum of a list; 0 of an empty one"),
    function(&["prod"], 1, Reduce(Reduction::Product), "product of a list; 1 of an empty one"),
    function(&["count"], 1, Reduce(Reduction::Count), "how many elements are true"),
    function(&["len"], 1, Reduce(Reduction::Len), "number of elements"),
    Function { names: &["min"], n_arguments: (1, 2), kind: ReduceOrPair(Reduction::Min, Float2Function::Fmin),
        help: "smallest of a list (NaN elements skipped; NaN of an empty list), or of two numbers" },
    Function { names: &["max"], n_arguments: (1, 2), kind: ReduceOrPair(Reduction::Max, Float2Function::Fmax),
        help: "largest of a list (NaN elements skipped; NaN of an empty list), or of two numbers" },
    function(&["mean"], 1, Reduce(Reduction::Mean), "mean of a list; NaN of an empty one"),
    function(&["any"], 1, Reduce(Reduction::Any), "whether some element is true; false for an empty list"),
    function(&["all"], 1, Reduce(Reduction::All), "whether every element is true; true for an empty list"),
    function(&["first"], 1, Reduce(Reduction::First), "first element; NaN of an empty list"),
    function(&["last"], 1, Reduce(Reduction::Last), "last element; NaN of an empty list"),
    function(&["argmax"], 1, Reduce(Reduction::ArgMax), "position of the first largest element, from 0; -1 of an empty list"),
    function(&["argmin"], 1, Reduce(Reduction::ArgMin), "position of the first smallest element, from 0; -1 of an empty list"),
    Function { names: &["invariant_mass"], n_arguments: (4, 8), kind: FunctionKind::FourVector(FourVectorFunction::InvariantMass),
        help: "mass of the sum of an event's lists (pt, eta, phi, mass), or of two particles (pt, eta, phi, mass twice)" },
    function(&["delta_r"], 4, FunctionKind::FourVector(FourVectorFunction::DeltaR), "distance of (eta1, phi1, eta2, phi2)"),
    function(&["delta_phi"], 2, Float2(Float2Function::DeltaPhi), "first angle less the second, within [-pi, pi)"),
    function(&["px"], 2, Float2(Float2Function::Px), "pt * cos(phi) of (pt, phi)"),
    function(&["py"], 2, Float2(Float2Function::Py), "pt * sin(phi) of (pt, phi)"),
    function(&["pz"], 2, Float2(Float2Function::Pz), "pt * sinh(eta) of (pt, eta)"),
    function(&["energy"], 3, FunctionKind::FourVector(FourVectorFunction::Energy), "of (pt, eta, mass)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixty_functions_of_the_original_are_there() {
        let original = "abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 \
            atanh cbrt ceil conj conjugate copysign cos cosh erf erfc exp exp2 expm1 fabs factorial floor fmax fmin gamma \
            hypot imag isfinite isinf isnan lgamma log log10 log1p log2 logical_and logical_or neg nextafter real rint \
            round signbit sin sinh sqrt tan tanh tgamma trunc where";
        let names: Vec<&str> = original.split_whitespace().collect();
        assert_eq!(names.len(), 60);
        for name in names {
            assert!(Function::find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_name_is_taken_twice() {
        let mut names: Vec<&str> = Function::all_names().collect();
        let n_names = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n_names);
        assert_eq!(function_help().lines().count(), FUNCTIONS.len());
    }
}
