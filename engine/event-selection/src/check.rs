//! Checks a tree against the branches: names, types, shapes.

use crate::functions::{FourVectorFunction, Function, FunctionKind, Reduction, TestFunction};
use crate::plan::{Constant, Plan, PlanStep, float_type, is_float};
use crate::source::{ExpressionError, Source, Span};
use crate::tree::{BinaryOperator, CompareOperator, Node, Tree, UnaryOperator};
use crate::typing::{
    Typed, Unsigned, arithmetic, computed, convert, fold, literal, logical, meet, meeting_type, negative,
    number, reduce, truth, with_nan,
};
use event_columns::{ColumnType, ElementType, nearest_names};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names that an expression may use, and those that it did use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// In the order of the tree, new ones at the end.
    pub(crate) columns: Vec<(Arc<str>, ColumnType)>,
    pub(crate) used: BTreeSet<Arc<str>>,
    pub(crate) unsigned: Unsigned,
}

impl Scope {
    pub(crate) fn find(&self, name: &str) -> Option<ColumnType> {
        self.columns.iter().find(|(own, _)| &**own == name).map(|(_, column_type)| *column_type)
    }

    /// Adds a name or gives it another type.
    pub(crate) fn set(&mut self, name: &Arc<str>, column_type: ColumnType) {
        match self.columns.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = column_type,
            None => self.columns.push((name.clone(), column_type)),
        }
    }

    /// `; did you mean a or b?`, or nothing.
    pub(crate) fn hint(&self, name: &str, functions: bool) -> String {
        let columns = self.columns.iter().map(|(own, _)| -> &str { own });
        let functions = Function::all_names().filter(|_| functions).map(|name| -> &str { name });
        let nearest = nearest_names(name, columns.chain(functions), 3);
        if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) }
    }
}

pub(crate) fn check_tree(tree: &Tree, source: &Source, scope: &mut Scope) -> Result<Plan, ExpressionError> {
    Checker { source, scope }.tree(tree).map(|typed| typed.plan)
}

struct Checker<'a> {
    source: &'a Source,
    scope: &'a mut Scope,
}

type Checked<T> = Result<T, ExpressionError>;

impl Checker<'_> {
    fn error<T>(&self, span: Span, message: impl Into<String>) -> Checked<T> {
        Err(self.source.error(span, message))
    }

    fn tree(&mut self, tree: &Tree) -> Checked<Typed> {
        let plan = match &tree.node {
            Node::Integer(value) => return Ok(literal(Constant::Integer(*value))),
            Node::Float(value) => return Ok(literal(Constant::Float(*value))),
            Node::Name(name) => return self.name(name, tree.span),
            Node::Unary(operator, operand) => return self.unary(*operator, operand),
            Node::Binary(operator @ (BinaryOperator::Or | BinaryOperator::And), left, right) => {
                let (left_plan, right_plan) = (self.condition(left)?, self.condition(right)?);
                logical(*operator, left_plan, right_plan)
            }
            Node::Binary(operator, left, right) => return self.binary(*operator, left, right, tree.span),
            Node::Comparison(first, rest) => self.comparison(first, rest)?,
            Node::Call(name, arguments) => self.call(name, arguments, tree.span)?,
            Node::Bracket(list, index) => self.bracket(list, index)?,
        };
        Ok(Typed { plan, is_literal: false })
    }

    fn name(&mut self, name: &Arc<str>, span: Span) -> Checked<Typed> {
        if let Some(column_type) = self.scope.find(name) {
            if column_type.element == ElementType::Text {
                return self.error(span, format!("branch `{name}` is text; expressions take numbers"));
            }
            self.scope.used.insert(name.clone());
            let depth = column_type.depth + usize::from(column_type.width > 1);
            let plan = Plan { step: PlanStep::Column(name.clone()), element: column_type.element, depth };
            return Ok(Typed { plan, is_literal: false });
        }
        let constant = match &**name {
            "True" | "true" => Constant::Bool(true),
            "False" | "false" => Constant::Bool(false),
            "pi" => Constant::Float(std::f64::consts::PI),
            "inf" => Constant::Float(f64::INFINITY),
            "nan" => Constant::Float(f64::NAN),
            _ if Function::find(name).is_some() => {
                return self.error(span, format!("`{name}` is a function: write {name}(...)"));
            }
            _ => {
                let hint = self.scope.hint(name, false);
                let error = self.source.error(span, format!("there is no branch `{name}`{hint}"));
                return Err(ExpressionError { missing_branch: Some(name.to_string()), ..error });
            }
        };
        Ok(literal(constant))
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Tree) -> Checked<Typed> {
        let of = |step: fn(Box<Plan>) -> PlanStep, plan: Plan| {
            let (element, depth) = (plan.element, plan.depth);
            computed(Plan { step: step(Box::new(plan)), element, depth })
        };
        if operator == UnaryOperator::Not {
            return Ok(of(PlanStep::Invert, self.condition(operand)?));
        }
        let typed = self.tree(operand)?;
        if operator == UnaryOperator::Invert {
            if is_float(typed.plan.element) {
                return self.error(operand.span, "`~` takes a condition or integers, this is a float");
            }
            return Ok(of(PlanStep::Invert, typed.plan));
        }
        match typed.plan.constant() {
            Some(constant) if typed.is_literal => Ok(literal(negative(constant))),
            _ => Ok(of(PlanStep::Negative, self.negatable(typed.plan))),
        }
    }

    /// A number whose type holds its negative too.
    fn negatable(&self, plan: Plan) -> Plan {
        let plan = number(plan);
        let element = self.scope.unsigned.result(plan.element);
        convert(plan, element)
    }

    /// A tree that must be true or false.
    fn condition(&mut self, tree: &Tree) -> Checked<Plan> {
        let plan = self.tree(tree)?.plan;
        if plan.is_bool() {
            return Ok(plan);
        }
        self.error(
            tree.span,
            format!("`{tree}` is a number, not a condition; compare it, as in `{tree} != 0`"),
        )
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Tree, right: &Tree, span: Span) -> Checked<Typed> {
        let (left_typed, right_typed) = (self.tree(left)?, self.tree(right)?);
        if let (true, Some(left), true, Some(right)) = (
            left_typed.is_literal,
            left_typed.plan.constant(),
            right_typed.is_literal,
            right_typed.plan.constant(),
        ) && let Some(folded) = fold(operator, left, right)
        {
            return Ok(literal(folded));
        }
        let is_bitwise =
            matches!(operator, BinaryOperator::BitAnd | BinaryOperator::BitOr | BinaryOperator::BitXor);
        let both_conditions = left_typed.plan.is_bool() && right_typed.plan.is_bool();
        if is_bitwise && both_conditions {
            let plan = logical(operator, left_typed.plan, right_typed.plan);
            return Ok(Typed { plan, is_literal: false });
        }
        if is_bitwise && (is_float(left_typed.plan.element) || is_float(right_typed.plan.element)) {
            let symbol = operator.symbol();
            let message = format!(
                "`{symbol}` takes conditions or integers; it binds more tightly than a comparison, so write \
                 `(a > 1) {symbol} (b > 2)`, or `and` and `or`"
            );
            return self.error(span, message);
        }
        let plan = arithmetic(operator, left_typed, right_typed, self.scope.unsigned);
        Ok(Typed { plan, is_literal: false })
    }

    fn comparison(&mut self, first: &Tree, rest: &[(CompareOperator, Tree)]) -> Checked<Plan> {
        let mut operands = vec![self.tree(first)?];
        for (_, tree) in rest {
            operands.push(self.tree(tree)?);
        }
        let pairs = rest.iter().zip(operands.windows(2));
        let pairs =
            pairs.map(|((operator, _), pair)| (*operator, meeting_type(&pair[0], &pair[1]))).collect();
        let depth = operands.iter().map(|typed| typed.plan.depth).max().unwrap_or(0);
        let operands = operands.into_iter().map(|typed| typed.plan).collect();
        Ok(Plan { step: PlanStep::Compare(operands, pairs), element: ElementType::Bool, depth })
    }

    fn bracket(&mut self, list: &Tree, index: &Tree) -> Checked<Plan> {
        let list_plan = self.list(list, "brackets")?;
        let index_plan = self.tree(index)?.plan;
        if index_plan.is_bool() {
            if index_plan.depth != list_plan.depth {
                let message = format!(
                    "the filter must say yes or no for each element of `{list}`; `{index}` does so for each {}",
                    if index_plan.depth == 0 {
                        "event: make it a cut of its own"
                    } else {
                        "element of another level"
                    }
                );
                return self.error(index.span, message);
            }
            let (element, depth) = (list_plan.element, list_plan.depth);
            let text = format!("{list}[{index}]").into();
            let step = PlanStep::Filter(Box::new(list_plan), Box::new(index_plan), text);
            return Ok(Plan { step, element, depth });
        }
        if is_float(index_plan.element) || index_plan.depth >= list_plan.depth {
            let message = "brackets take a position (one integer for each event, from 0; -1 is the last) or a condition \
                           on the elements";
            return self.error(index.span, message);
        }
        if let Some(Constant::Integer(position)) = index_plan.constant() {
            self.position_exists(list, position, index.span)?;
        }
        let element = with_nan(list_plan.element);
        let depth = list_plan.depth - 1;
        let (list_plan, index_plan) = (convert(list_plan, element), convert(index_plan, ElementType::I64));
        let step = PlanStep::Index(Box::new(list_plan), Box::new(index_plan));
        Ok(Plan { step, element, depth })
    }

    /// A list may be too short in one event, and gives NaN there; an array of fixed length is so in all of them.
    fn position_exists(&self, list: &Tree, position: i64, span: Span) -> Checked<()> {
        let Node::Name(name) = &list.node else { return Ok(()) };
        let Some(ColumnType { depth: 0, width, .. }) = self.scope.find(name) else { return Ok(()) };
        let width = i64::try_from(width).unwrap_or(i64::MAX);
        if (-width..width).contains(&position) {
            return Ok(());
        }
        let last = width - 1;
        self.error(
            span,
            format!(
                "`{name}` has {width} elements in each event: positions are 0 to {last}, or -1 to -{width}"
            ),
        )
    }

    fn list(&mut self, tree: &Tree, what: &str) -> Checked<Plan> {
        let plan = self.tree(tree)?.plan;
        if plan.depth == 0 {
            return self
                .error(tree.span, format!("{what} need a list; `{tree}` is one value for each event"));
        }
        Ok(plan)
    }

    fn call(&mut self, name: &Arc<str>, arguments: &[Tree], span: Span) -> Checked<Plan> {
        let Some(function) = Function::find(name) else {
            let hint = self.scope.hint(name, true);
            return self.error(span, format!("there is no function `{name}`{hint}"));
        };
        let (fewest, most) = function.n_arguments;
        let is_mass = function.kind == FunctionKind::FourVector(FourVectorFunction::InvariantMass);
        if arguments.len() < fewest
            || arguments.len() > most
            || (is_mass && !matches!(arguments.len(), 4 | 8))
        {
            let expected = match (fewest, most) {
                (1, 1) => "1 argument".to_string(),
                (fewest, most) if fewest == most => format!("{fewest} arguments"),
                (fewest, most) => format!("{fewest} or {most} arguments"),
            };
            let found = arguments.len();
            let help = function.help;
            return self.error(span, format!("`{name}` takes {expected}, not {found}: {help}"));
        }
        self.call_of_kind(function.kind, name, arguments)
    }

    fn call_of_kind(&mut self, kind: FunctionKind, name: &str, arguments: &[Tree]) -> Checked<Plan> {
        let first = &arguments[0];
        match kind {
            FunctionKind::Reduce(reduction) | FunctionKind::ReduceOrPair(reduction, _)
                if arguments.len() == 1 =>
            {
                self.reduction(reduction, name, first)
            }
            FunctionKind::Reduce(reduction) => self.reduction(reduction, name, first),
            FunctionKind::Float2(function) | FunctionKind::ReduceOrPair(_, function) => {
                let (left, right) = (self.tree(first)?, self.tree(&arguments[1])?);
                let (left, right) = meet(left, right);
                let element = float_type(left.element);
                let (left, right) = (convert(left, element), convert(right, element));
                let depth = left.depth.max(right.depth);
                Ok(Plan { step: PlanStep::Float2(function, Box::new(left), Box::new(right)), element, depth })
            }
            FunctionKind::Float(function) => {
                let plan = self.tree(first)?.plan;
                let (element, depth) = (float_type(plan.element), plan.depth);
                let plan = convert(plan, element);
                Ok(Plan { step: PlanStep::Float(function, Box::new(plan)), element, depth })
            }
            FunctionKind::Rounding(function) => {
                let plan = number(self.tree(first)?.plan);
                let (element, depth) = (plan.element, plan.depth);
                if !is_float(element) {
                    return Ok(plan);
                }
                Ok(Plan { step: PlanStep::Float(function, Box::new(plan)), element, depth })
            }
            FunctionKind::Test(function) => {
                let plan = self.tree(first)?.plan;
                let depth = plan.depth;
                let plan = if is_float(plan.element) { plan } else { convert(plan, ElementType::F64) };
                Ok(Plan { step: PlanStep::Test(function, Box::new(plan)), element: ElementType::Bool, depth })
            }
            FunctionKind::Absolute => {
                let plan = number(self.tree(first)?.plan);
                let (element, depth) = (plan.element, plan.depth);
                Ok(Plan { step: PlanStep::Absolute(Box::new(plan)), element, depth })
            }
            FunctionKind::Negative => {
                let plan = self.tree(first)?.plan;
                let plan = self.negatable(plan);
                let (element, depth) = (plan.element, plan.depth);
                Ok(Plan { step: PlanStep::Negative(Box::new(plan)), element, depth })
            }
            FunctionKind::Same => Ok(self.tree(first)?.plan),
            FunctionKind::Zero => {
                // Infinity times 0 would be NaN; whether a number is NaN is true or false, and 0 times that is 0.
                let plan = convert(number(self.tree(first)?.plan), ElementType::F64);
                let depth = plan.depth;
                let step = PlanStep::Test(TestFunction::Nan, Box::new(plan));
                let plan = number(Plan { step, element: ElementType::Bool, depth });
                let zero = literal(Constant::Float(0.0));
                Ok(arithmetic(BinaryOperator::Multiply, computed(plan), zero, self.scope.unsigned))
            }
            FunctionKind::Logical(and) => {
                let left = truth(self.tree(first)?.plan);
                let right = truth(self.tree(&arguments[1])?.plan);
                Ok(logical(if and { BinaryOperator::And } else { BinaryOperator::Or }, left, right))
            }
            FunctionKind::Where => {
                let condition = truth(self.tree(first)?.plan);
                let (left, right) = (self.tree(&arguments[1])?, self.tree(&arguments[2])?);
                let (left, right) = meet(left, right);
                let (element, depth) = (left.element, condition.depth.max(left.depth).max(right.depth));
                let step = PlanStep::Where(Box::new(condition), Box::new(left), Box::new(right));
                Ok(Plan { step, element, depth })
            }
            FunctionKind::FourVector(function) => self.four_vectors(function, arguments),
        }
    }

    fn reduction(&mut self, reduction: Reduction, name: &str, tree: &Tree) -> Checked<Plan> {
        let plan = self.tree(tree)?.plan;
        if plan.depth == 0 {
            let message = format!("`{name}` needs a list; `{tree}` is one value for each event");
            return self.error(tree.span, message);
        }
        let needs_condition = matches!(reduction, Reduction::Count | Reduction::Any | Reduction::All);
        if needs_condition && !plan.is_bool() {
            let hint =
                if reduction == Reduction::Count { format!(", or write len({tree})") } else { String::new() };
            let message = format!("`{name}` takes a condition; compare `{tree}` with something{hint}");
            return self.error(tree.span, message);
        }
        Ok(reduce(reduction, plan))
    }

    /// Functions of four-vectors, in 64 bits.
    fn four_vectors(&mut self, function: FourVectorFunction, arguments: &[Tree]) -> Checked<Plan> {
        let mut plans = Vec::with_capacity(arguments.len());
        let mut deepest = 0;
        for tree in arguments {
            let plan = self.tree(tree)?.plan;
            deepest = deepest.max(plan.depth);
            plans.push(convert(plan, ElementType::F64));
        }
        let is_sum = function == FourVectorFunction::InvariantMass && arguments.len() == 4;
        if is_sum && deepest == 0 {
            let message = format!(
                "with four arguments, invariant_mass adds up lists; `{}` is one value for each event. For two particles \
                 give pt, eta, phi, mass of each",
                arguments[0]
            );
            return self.error(arguments[0].span, message);
        }
        let depth = deepest - usize::from(is_sum);
        Ok(Plan { step: PlanStep::FourVector(function, plans), element: ElementType::F64, depth })
    }
}
