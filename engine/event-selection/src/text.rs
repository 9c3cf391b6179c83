//! The plain form: one statement on each line.

use crate::expression::Expression;
use crate::parse::Parser;
use crate::selection::{Selection, SelectionError, Step};
use crate::source::{ExpressionError, Source};
use crate::token::Token;

/// One statement of the plain form.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// As it was written, with its comment.
    pub said: String,
    /// What it says.
    pub selection: Selection,
}

impl Selection {
    /// Reads the plain form: `name = expression` defines a branch, `drop name` drops branches after the cuts, anything
    /// else is a cut. Statements end with the line or a semicolon; a line goes on inside brackets; `#` starts a comment.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_text(text: &str) -> Result<Self, SelectionError> {
        let statements = Self::statements(text)?.into_iter();
        Ok(Self { steps: statements.flat_map(|statement| statement.selection.steps).collect() })
    }

    /// Reads the plain form as [`Selection::from_text`] does, each statement on its own.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn statements(text: &str) -> Result<Vec<Statement>, SelectionError> {
        let source = Source::new("selection", text);
        let mut parser = Parser::new(&source, None)?;
        let mut statements = Vec::new();
        loop {
            parser.skip_ends_of_statements();
            let start = parser.peek(0).1.start;
            if parser.peek(0).0 == Token::End {
                return Ok(statements);
            }
            let mut steps = Vec::new();
            statement(&mut parser, &source, &mut steps)?;
            let (token, span) = parser.next();
            let is_last = match token {
                Token::End => true,
                Token::EndOfStatement => false,
                token => return Err(parser.unexpected(&token, span, "the end of the line").into()),
            };
            let end = if is_last { text.len() } else { span.start };
            let said = text.get(start..end).unwrap_or_default().trim().to_string();
            statements.push(Statement { said, selection: Self { steps } });
            if is_last {
                return Ok(statements);
            }
        }
    }
}

fn statement(parser: &mut Parser<'_>, source: &Source, steps: &mut Vec<Step>) -> Result<(), ExpressionError> {
    if is_drop(parser) {
        parser.next();
        loop {
            let name = name(parser)?;
            steps.push(Step::Drop { name });
            if parser.peek(0).0 != Token::Symbol(",") {
                return Ok(());
            }
            parser.next();
        }
    }
    if is_definition(parser) {
        let name = name(parser)?;
        parser.expect("=")?;
        let tree = parser.expression()?;
        let definition = Expression { tree, source: source.clone() };
        steps.push(Step::Define { name, definition, declared: None });
        return Ok(());
    }
    let tree = parser.expression()?;
    let said = source.text.get(tree.span.start..tree.span.end).unwrap_or("").to_string();
    steps.push(Step::Cut {
        said,
        condition: Expression { tree, source: source.clone() },
        section: None,
        branch: None,
    });
    Ok(())
}

/// `drop` before a name; a branch called `drop` can still be compared.
fn is_drop(parser: &Parser<'_>) -> bool {
    let is_word = matches!(&parser.peek(0).0, Token::Name(name) if &**name == "drop");
    is_word && matches!(parser.peek(1).0, Token::Name(_))
}

/// `name =` or `get("name") =`.
fn is_definition(parser: &Parser<'_>) -> bool {
    let equals = |ahead| parser.peek(ahead).0 == Token::Symbol("=");
    match &parser.peek(0).0 {
        Token::Name(_) if equals(1) => true,
        Token::Name(name) if &**name == "get" => {
            parser.peek(1).0 == Token::Symbol("(") && parser.peek(3).0 == Token::Symbol(")") && equals(4)
        }
        _ => false,
    }
}

/// A name, in quotes where it must be.
fn name(parser: &mut Parser<'_>) -> Result<String, ExpressionError> {
    let (token, span) = parser.next();
    match &token {
        Token::Name(name) if &**name == "get" && parser.peek(0).0 == Token::Symbol("(") => {
            parser.expect("(")?;
            let (token, span) = parser.next();
            let Token::Text(name) = token else {
                return Err(parser.unexpected(&token, span, "a branch name in quotes"));
            };
            parser.expect(")")?;
            Ok(name.to_string())
        }
        Token::Name(name) => Ok(name.to_string()),
        _ => Err(parser.unexpected(&token, span, "a name")),
    }
}
