//! From tokens to a tree: a parser by binding powers.

use crate::source::{ExpressionError, Source, Span};
use crate::token::{Token, tokens};
use crate::tree::{
    BinaryOperator, COMPARISON_POWER, CompareOperator, NOT_POWER, Node, Tree, UNARY_POWER, UnaryOperator,
};

/// Deepest nesting of an expression. Far more than a person writes; little enough for any stack.
const MAX_HEIGHT: usize = 150;

/// Parses one expression that fills the text. It will stand `n_levels` deep in another one, which must not become too
/// deep by it.
pub(crate) fn parse_expression(
    source: &Source,
    odd_name: Option<&str>,
    n_levels: usize,
) -> Result<Tree, ExpressionError> {
    let mut parser = Parser::new(source, odd_name)?;
    parser.nesting = n_levels;
    parser.skip_ends_of_statements();
    let tree = parser.expression()?;
    parser.skip_ends_of_statements();
    match parser.next() {
        (Token::End, _) if tree.height + n_levels > MAX_HEIGHT => Err(parser.too_deep(tree.span)),
        (Token::End, _) => Ok(tree),
        (token, span) => Err(parser.unexpected(&token, span, "the end of the expression")),
    }
}

pub(crate) struct Parser<'a> {
    source: &'a Source,
    tokens: Vec<(Token, Span)>,
    position: usize,
    nesting: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(source: &'a Source, odd_name: Option<&str>) -> Result<Self, ExpressionError> {
        Ok(Self { source, tokens: tokens(source, odd_name)?, position: 0, nesting: 0 })
    }

    /// The token `ahead` places further; the end for ever after the last.
    pub(crate) fn peek(&self, ahead: usize) -> &(Token, Span) {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.position + ahead).min(last)]
    }

    pub(crate) fn next(&mut self) -> (Token, Span) {
        let token = self.peek(0).clone();
        self.position += 1;
        token
    }

    pub(crate) fn skip_ends_of_statements(&mut self) {
        while self.peek(0).0 == Token::EndOfStatement {
            self.position += 1;
        }
    }

    pub(crate) fn unexpected(&self, token: &Token, span: Span, expected: &str) -> ExpressionError {
        self.source.error(span, format!("found {} where {expected} was expected", token.describe()))
    }

    pub(crate) fn expression(&mut self) -> Result<Tree, ExpressionError> {
        self.expression_of_power(0)
    }

    fn expression_of_power(&mut self, at_least: u8) -> Result<Tree, ExpressionError> {
        self.nesting += 1;
        if self.nesting > MAX_HEIGHT {
            return Err(self.too_deep(self.peek(0).1));
        }
        let mut tree = self.prefix()?;
        while let Some(next) = self.tail(&tree, at_least)? {
            if next.height > MAX_HEIGHT {
                return Err(self.too_deep(next.span));
            }
            tree = next;
        }
        self.nesting -= 1;
        Ok(tree)
    }

    fn too_deep(&self, span: Span) -> ExpressionError {
        let message = format!(
            "the expression is nested deeper than {MAX_HEIGHT} levels (each operator of a chain is one); define parts by name"
        );
        self.source.error(span, message)
    }

    fn prefix(&mut self) -> Result<Tree, ExpressionError> {
        let (token, span) = self.next();
        let unary = |parser: &mut Self, operator, power| {
            let operand = parser.expression_of_power(power)?;
            let whole = span.to(operand.span);
            Ok(Tree::new(Node::Unary(operator, Box::new(operand)), whole))
        };
        match &token {
            Token::Integer(value) => Ok(Tree::new(Node::Integer(*value), span)),
            Token::Float(value) => Ok(Tree::new(Node::Float(*value), span)),
            Token::Symbol("-") => unary(self, UnaryOperator::Negative, UNARY_POWER),
            Token::Symbol("+") => self.expression_of_power(UNARY_POWER),
            Token::Symbol("~") => unary(self, UnaryOperator::Invert, UNARY_POWER),
            Token::Symbol("!") => unary(self, UnaryOperator::Not, UNARY_POWER),
            Token::Symbol("(") => {
                let mut inner = self.expression()?;
                let end = self.expect(")")?;
                inner.span = span.to(end);
                inner.span.in_parentheses = true;
                Ok(inner)
            }
            Token::Name(name) => match (&**name, self.source.text.as_bytes().get(span.start)) {
                // In backquotes a word is a name whatever it says.
                (_, Some(b'`')) => Ok(Tree::new(Node::Name(name.clone()), span)),
                ("not", _) => unary(self, UnaryOperator::Not, NOT_POWER),
                ("and" | "or" | "drop", _) => Err(self.unexpected(&token, span, "a value")),
                ("get", _) => self.name_in_get(span),
                _ => Ok(Tree::new(Node::Name(name.clone()), span)),
            },
            _ => Err(self.unexpected(&token, span, "a value")),
        }
    }

    /// `get("a name with blanks")`.
    fn name_in_get(&mut self, start: Span) -> Result<Tree, ExpressionError> {
        self.expect("(")?;
        let (token, span) = self.next();
        let Token::Text(name) = token else {
            return Err(self.unexpected(&token, span, "a branch name in quotes"));
        };
        let end = self.expect(")")?;
        Ok(Tree::new(Node::Name(name), start.to(end)))
    }

    /// What follows a value: an operator with its right side, a call, brackets; nothing where the value ends.
    fn tail(&mut self, left: &Tree, at_least: u8) -> Result<Option<Tree>, ExpressionError> {
        let (token, span) = self.peek(0).clone();
        match token {
            Token::Symbol("(") => {
                let Node::Name(name) = &left.node else {
                    return Err(self.source.error(left.span, "only a function can be followed by `(`"));
                };
                self.next();
                let arguments = self.arguments()?;
                let end = self.expect(")")?;
                Ok(Some(Tree::new(Node::Call(name.clone(), arguments), left.span.to(end))))
            }
            Token::Symbol("[") => {
                self.next();
                let index = self.expression()?;
                let end = self.expect("]")?;
                let node = Node::Bracket(Box::new(left.clone()), Box::new(index));
                Ok(Some(Tree::new(node, left.span.to(end))))
            }
            Token::Symbol("=") => {
                Err(self.source.error(span, "a comparison is written `==`; `=` defines a new branch"))
            }
            _ if compare_operator(&token).is_some() => {
                if COMPARISON_POWER < at_least {
                    Ok(None)
                } else {
                    self.comparison(left).map(Some)
                }
            }
            _ => {
                let Some(operator) = binary_operator(&token) else { return Ok(None) };
                // The right side of `**` may start with a sign but binds no looser than one.
                let (own, right) = match operator {
                    BinaryOperator::Power => (operator.power(), UNARY_POWER),
                    _ => (operator.power(), operator.power() + 1),
                };
                if own < at_least {
                    return Ok(None);
                }
                self.next();
                let right = self.expression_of_power(right)?;
                let whole = left.span.to(right.span);
                let node = Node::Binary(operator, Box::new(left.clone()), Box::new(right));
                Ok(Some(Tree::new(node, whole)))
            }
        }
    }

    fn comparison(&mut self, first: &Tree) -> Result<Tree, ExpressionError> {
        self.refuse_bare_bits(first)?;
        let mut rest = Vec::new();
        let mut whole = first.span;
        while let Some(operator) = compare_operator(&self.peek(0).0) {
            self.next();
            let right = self.expression_of_power(COMPARISON_POWER + 1)?;
            self.refuse_bare_bits(&right)?;
            whole = whole.to(right.span);
            rest.push((operator, right));
        }
        Ok(Tree::new(Node::Comparison(Box::new(first.clone()), rest), whole))
    }

    /// `a > 1 & b > 2` would mean `a > (1 & b) > 2`, as in Python, which nobody wants: parentheses must say what is meant.
    fn refuse_bare_bits(&self, tree: &Tree) -> Result<(), ExpressionError> {
        let is_bits = matches!(
            tree.node,
            Node::Binary(BinaryOperator::BitAnd | BinaryOperator::BitOr | BinaryOperator::BitXor, ..)
        );
        if !is_bits || tree.span.in_parentheses {
            return Ok(());
        }
        let message = "`&`, `|` and `^` bind more tightly than a comparison: write `(a > 1) & (b > 2)`, or `and` and `or`";
        Err(self.source.error(tree.span, message))
    }

    fn arguments(&mut self) -> Result<Vec<Tree>, ExpressionError> {
        let mut arguments = Vec::new();
        while self.peek(0).0 != Token::Symbol(")") {
            arguments.push(self.expression()?);
            if self.peek(0).0 != Token::Symbol(",") {
                break;
            }
            self.next();
        }
        Ok(arguments)
    }

    pub(crate) fn expect(&mut self, symbol: &'static str) -> Result<Span, ExpressionError> {
        match self.next() {
            (Token::Symbol(found), span) if found == symbol => Ok(span),
            (token, span) => Err(self.unexpected(&token, span, &format!("`{symbol}`"))),
        }
    }
}

fn compare_operator(token: &Token) -> Option<CompareOperator> {
    let Token::Symbol(symbol) = token else { return None };
    Some(match *symbol {
        "==" => CompareOperator::Equal,
        "!=" => CompareOperator::NotEqual,
        "<" => CompareOperator::Less,
        "<=" => CompareOperator::LessEqual,
        ">" => CompareOperator::Greater,
        ">=" => CompareOperator::GreaterEqual,
        _ => return None,
    })
}

fn binary_operator(token: &Token) -> Option<BinaryOperator> {
    let symbol = match token {
        Token::Symbol(symbol) => symbol,
        Token::Name(name) => &**name,
        _ => return None,
    };
    Some(match symbol {
        "or" | "||" => BinaryOperator::Or,
        "and" | "&&" => BinaryOperator::And,
        "|" => BinaryOperator::BitOr,
        "^" => BinaryOperator::BitXor,
        "&" => BinaryOperator::BitAnd,
        "+" => BinaryOperator::Add,
        "-" => BinaryOperator::Subtract,
        "*" => BinaryOperator::Multiply,
        "/" => BinaryOperator::Divide,
        "//" => BinaryOperator::FloorDivide,
        "%" => BinaryOperator::Remainder,
        "**" => BinaryOperator::Power,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        let tree =
            parse_expression(&Source::new("test", text), None, 0).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(tree.to_string(), printed, "{text}");
        let again = parse_expression(&Source::new("test", printed), None, 0).unwrap();
        assert_eq!(again, tree, "{printed}");
    }

    fn refuse(text: &str, message: &str) {
        let error = parse_expression(&Source::new("test", text), None, 0).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }

    #[test]
    fn operators_bind_as_in_python() {
        check("a+b*c**2", "a + b * c ** 2");
        check("(a+b)*c", "(a + b) * c");
        check("a-(b-c)-d", "a - (b - c) - d");
        check("2**3**-x", "2 ** 3 ** -x");
        check("(-2)**2 + -2**2", "(-2) ** 2 + -2 ** 2");
        check("not a and b or c", "not a and b or c");
        check("not (a and b)", "not (a and b)");
        check("200<ht<=1e3 && !x", "200 < ht <= 1000.0 and not x");
        check("(a<b)<c", "(a < b) < c");
        check("a > (1 & b)", "a > (1 & b)");
        check("(a > 1) & (b | c)", "(a > 1) & (b | c)");
        check("jet_pt[jet_pt>30 and abs(jet_eta)<2.4][0]", "jet_pt[jet_pt > 30 and abs(jet_eta) < 2.4][0]");
        check("get(\"a \\\"b\\\\\")+`c d`", "get(\"a \\\"b\\\\\") + get(\"c d\")");
        check("1e999 + .5 + 5.", "1e999 + 0.5 + 5.0");
        check("f()", "f()");
        check("\n a +\\\n".trim_end_matches("\\\n").trim_end_matches('+'), "a");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        refuse("a +", "found the end where a value was expected");
        refuse("a b", "found `b` where the end of the expression was expected");
        refuse("a = 3", "`==`");
        refuse("(a", "found the end where `)` was expected");
        refuse("3(a)", "only a function");
        refuse("a > 1 & b", "bind more tightly");
        refuse("a | b == c", "bind more tightly");
        refuse("get(x)", "a branch name in quotes");
        refuse(&"(".repeat(10_000), "nested deeper");
        refuse(&"-".repeat(10_000), "nested deeper");
        refuse(&format!("a{}", "+a".repeat(10_000)), "nested deeper");
        refuse(&format!("a{}", "[0]".repeat(10_000)), "nested deeper");
    }
}
