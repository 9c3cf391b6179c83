//! The expression as it was written: a tree, and its one way of printing.

use crate::source::Span;
use crate::token::is_plain_name;
use std::fmt;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    pub(crate) span: Span,
    /// Levels of nesting below and with this one; limited, so that walking a tree cannot exhaust the stack.
    pub(crate) height: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Integer(i64),
    Float(f64),
    Name(Arc<str>),
    Unary(UnaryOperator, Box<Tree>),
    Binary(BinaryOperator, Box<Tree>, Box<Tree>),
    /// `a < b <= c`: each neighbour pair must hold.
    Comparison(Box<Tree>, Vec<(CompareOperator, Tree)>),
    Call(Arc<str>, Vec<Tree>),
    /// `list[index]` or `list[condition]`.
    Bracket(Box<Tree>, Box<Tree>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Negative,
    /// `not x`, also written `!x`.
    Not,
    /// `~x`.
    Invert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// How tightly an operator binds; Python's order. Comparisons stand between `not` and `|`.
pub(crate) const NOT_POWER: u8 = 3;
pub(crate) const COMPARISON_POWER: u8 = 4;
pub(crate) const UNARY_POWER: u8 = 10;
pub(crate) const POSTFIX_POWER: u8 = 12;

impl BinaryOperator {
    pub(crate) fn power(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::BitOr => 5,
            Self::BitXor => 6,
            Self::BitAnd => 7,
            Self::Add | Self::Subtract => 8,
            Self::Multiply | Self::Divide | Self::FloorDivide | Self::Remainder => 9,
            Self::Power => 11,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::BitOr => "|",
            Self::BitXor => "^",
            Self::BitAnd => "&",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
            Self::Power => "**",
        }
    }
}

impl CompareOperator {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

impl Tree {
    pub(crate) fn new(node: Node, span: Span) -> Self {
        let below = match &node {
            Node::Integer(_) | Node::Float(_) | Node::Name(_) => 0,
            Node::Unary(_, operand) => operand.height,
            Node::Binary(_, left, right) | Node::Bracket(left, right) => left.height.max(right.height),
            Node::Comparison(first, rest) => {
                rest.iter().map(|(_, tree)| tree.height).max().unwrap_or(0).max(first.height)
            }
            Node::Call(_, arguments) => arguments.iter().map(|tree| tree.height).max().unwrap_or(0),
        };
        Self { node, span, height: below + 1 }
    }

    /// How tightly the outermost operator binds.
    fn power(&self) -> u8 {
        match &self.node {
            Node::Unary(UnaryOperator::Not, _) => NOT_POWER,
            Node::Unary(..) => UNARY_POWER,
            Node::Binary(operator, ..) => operator.power(),
            Node::Comparison(..) => COMPARISON_POWER,
            _ => POSTFIX_POWER,
        }
    }

    /// Writes the tree, in parentheses where it binds less tightly than asked for.
    fn write(&self, formatter: &mut fmt::Formatter<'_>, at_least: u8) -> fmt::Result {
        if self.power() < at_least {
            formatter.write_str("(")?;
            self.write(formatter, 0)?;
            return formatter.write_str(")");
        }
        match &self.node {
            Node::Integer(value) => write!(formatter, "{value}"),
            // 1e999 reads as infinite and is the one way to say so in digits.
            Node::Float(value) if value.is_infinite() => formatter.write_str("1e999"),
            Node::Float(value) => write!(formatter, "{value:?}"),
            Node::Name(name) => write_name(formatter, name),
            Node::Unary(operator, operand) => {
                let (symbol, power) = match operator {
                    UnaryOperator::Negative => ("-", UNARY_POWER),
                    UnaryOperator::Invert => ("~", UNARY_POWER),
                    UnaryOperator::Not => ("not ", NOT_POWER),
                };
                formatter.write_str(symbol)?;
                operand.write(formatter, power)
            }
            Node::Binary(operator, left, right) => {
                let power = operator.power();
                // `**` groups from the right, and takes a sign on its right without parentheses.
                let (left_power, right_power) = match operator {
                    BinaryOperator::Power => (POSTFIX_POWER, UNARY_POWER),
                    _ => (power, power + 1),
                };
                left.write(formatter, left_power)?;
                write!(formatter, " {} ", operator.symbol())?;
                right.write(formatter, right_power)
            }
            Node::Comparison(first, rest) => {
                // Above the power of `&`: the parser wants that in parentheses here.
                let power = BinaryOperator::BitAnd.power() + 1;
                first.write(formatter, power)?;
                for (operator, tree) in rest {
                    write!(formatter, " {} ", operator.symbol())?;
                    tree.write(formatter, power)?;
                }
                Ok(())
            }
            Node::Call(name, arguments) => {
                write_name(formatter, name)?;
                formatter.write_str("(")?;
                for (position, argument) in arguments.iter().enumerate() {
                    formatter.write_str(if position > 0 { ", " } else { "" })?;
                    argument.write(formatter, 0)?;
                }
                formatter.write_str(")")
            }
            Node::Bracket(list, index) => {
                list.write(formatter, POSTFIX_POWER)?;
                formatter.write_str("[")?;
                index.write(formatter, 0)?;
                formatter.write_str("]")
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, 0)
    }
}

fn write_name(formatter: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_plain_name(name) {
        return formatter.write_str(name);
    }
    formatter.write_str("get(\"")?;
    for letter in name.chars() {
        match letter {
            '\n' => formatter.write_str("\\n")?,
            '"' | '\\' => write!(formatter, "\\{letter}")?,
            _ => write!(formatter, "{letter}")?,
        }
    }
    formatter.write_str("\")")
}
