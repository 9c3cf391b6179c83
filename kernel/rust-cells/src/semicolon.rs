//! The semicolon that saves a compilation.
//!
//! evcxr shows the value of the last expression of a cell, and finds out by compiling whether and how it can be
//! shown; for a value of type `()` it compiles twice. Where the type is `()` for certain, a semicolon tells it so.

use std::borrow::Cow;

use ra_ap_syntax::ast::{self, AstNode, BinaryOp, HasLoopBody as _};
use ra_ap_syntax::{Edition, SourceFile};

/// Macros of the standard library that return `()`.
const UNIT_MACROS: [&str; 11] = [
    "println",
    "print",
    "eprintln",
    "eprint",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
];

const PROLOGUE: &str = "fn cell() {";

/// The cell, with a semicolon behind its last expression when that is of type `()` for certain. Lines and columns of
/// what was there stay as they are.
pub(crate) fn with_semicolon(code: &str) -> Cow<'_, str> {
    let start = code_start(code);
    let body = &code[start..];
    match end_of_unit_expression(body) {
        Some(end) => Cow::Owned(format!("{}{};{}", &code[..start], &body[..end], &body[end..])),
        None => Cow::Borrowed(code),
    }
}

/// Where the Rust code begins, behind the lines of commands of evcxr.
pub(crate) fn code_start(code: &str) -> usize {
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        let text = line.trim();
        let is_head =
            text.is_empty() || text.starts_with(':') || text.starts_with('!') || text.starts_with("//");
        if !is_head {
            break;
        }
        start += line.len();
    }
    start
}

/// The line, from 1, of a closing brace that closes nothing. evcxr would run what stands before it, and leave out
/// without a word what stands behind.
pub(crate) fn line_of_surplus_brace(code: &str) -> Option<usize> {
    let start = code_start(code);
    let body = &code[start..];
    let file = parse(body);
    let function = file.syntax_node().children().next()?;
    let end = usize::from(function.text_range().end());
    // The function ends at the brace that was put behind the cell, or at one before.
    let brace =
        end.checked_sub(PROLOGUE.len() + 1).filter(|brace| body.as_bytes().get(*brace) == Some(&b'}'))?;
    (end < PROLOGUE.len() + body.len() + 2).then(|| code[..start + brace].matches('\n').count() + 1)
}

/// The cell as the body of a function; the line break keeps a comment at its end from hiding the brace.
fn parse(body: &str) -> ra_ap_syntax::Parse<SourceFile> {
    SourceFile::parse(&format!("{PROLOGUE}{body}\n}}"), Edition::Edition2024)
}

fn end_of_unit_expression(body: &str) -> Option<usize> {
    let file = parse(body);
    if !file.errors().is_empty() {
        return None;
    }
    let function = ast::Fn::cast(file.syntax_node().children().next()?)?;
    let expression = function.body()?.stmt_list()?.tail_expr()?;
    let end = usize::from(expression.syntax().text_range().end()).checked_sub(PROLOGUE.len())?;
    (is_unit(&expression) && end <= body.len()).then_some(end)
}

/// Whether the expression is of type `()` (or of none, as `return`), whatever stands around it.
fn is_unit(expression: &ast::Expr) -> bool {
    match expression {
        ast::Expr::ForExpr(_) | ast::Expr::WhileExpr(_) => true,
        ast::Expr::LoopExpr(expression) => expression.loop_body().is_some_and(|body| {
            let mut breaks = body.syntax().descendants().filter_map(ast::BreakExpr::cast);
            breaks.all(|exit| exit.expr().is_none())
        }),
        ast::Expr::BlockExpr(block) => is_unit_block(block),
        ast::Expr::IfExpr(expression) => match expression.else_branch() {
            None => true,
            Some(ast::ElseBranch::Block(block)) => {
                is_unit_block(&block) && expression.then_branch().is_some_and(|then| is_unit_block(&then))
            }
            Some(ast::ElseBranch::IfExpr(branch)) => {
                let then = expression.then_branch();
                is_unit(&ast::Expr::IfExpr(branch)) && then.is_some_and(|then| is_unit_block(&then))
            }
        },
        ast::Expr::MatchExpr(expression) => expression.match_arm_list().is_some_and(|arms| {
            let mut results = arms.arms().map(|arm| arm.expr());
            arms.arms().next().is_some()
                && results.all(|result| result.is_some_and(|result| is_unit(&result)))
        }),
        ast::Expr::BinExpr(expression) => matches!(expression.op_kind(), Some(BinaryOp::Assignment { .. })),
        ast::Expr::MacroExpr(expression) => {
            let path = expression.macro_call().and_then(|call| call.path());
            let name = path.and_then(|path| path.segment()).map(|segment| segment.to_string());
            name.is_some_and(|name| UNIT_MACROS.contains(&name.as_str()))
        }
        _ => false,
    }
}

fn is_unit_block(block: &ast::BlockExpr) -> bool {
    // `async { }` is a future, `const { }` and `unsafe { }` are what they hold.
    block.async_token().is_none()
        && block.gen_token().is_none()
        && block.label().is_none()
        && block.stmt_list().is_some_and(|list| list.tail_expr().is_none_or(|tail| is_unit(&tail)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_added(code: &str) {
        assert_eq!(with_semicolon(code), format!("{code};"));
        let commented = format!("let a = 1;\n{code} // end");
        assert_eq!(with_semicolon(&commented), format!("let a = 1;\n{code}; // end"));
    }

    fn assert_kept(code: &str) {
        assert_eq!(with_semicolon(code), code);
    }

    #[test]
    fn a_block_without_a_value() {
        assert_added("{ let x = 1; f(x); }");
        assert_added("unsafe { f(); }");
        assert_kept("{ let x = 1; x }");
        assert_kept("async { f(); }");
        assert_kept("'a: { f(); break 'a 5; }");
    }

    #[test]
    fn a_for_loop() {
        assert_added("for x in 0..3 {\n  f(x)\n}");
    }

    #[test]
    fn a_while_loop() {
        assert_added("while f() { g(); }");
        assert_added("while let Some(x) = f() { g(x) }");
    }

    #[test]
    fn a_loop_without_a_value() {
        assert_added("loop { if f() { break; } }");
        assert_kept("loop { if f() { break 5; } }");
    }

    #[test]
    fn an_if_without_else() {
        assert_added("if f() { g() }");
        assert_added("if let Some(x) = f() { g(x); }");
    }

    #[test]
    fn an_if_with_branches_without_values() {
        assert_added("if f() { g(); } else { println!(\"b\") }");
        assert_added("if f() { g(); } else if h() { g(); } else { }");
        assert_kept("if f() { 1 } else { 2 }");
        assert_kept("if f() { g(); } else if h() { 1 } else { 2 }");
    }

    #[test]
    fn a_match_without_values() {
        assert_added("match f() { 1 => { g(); } _ => println!(\"b\"), }");
        assert_kept("match f() { 1 => 2, _ => 3 }");
        assert_kept("match f() { }");
    }

    #[test]
    fn a_macro_that_prints_or_asserts() {
        assert_added("println!(\"{}\", 1)");
        assert_added("std::println!(\"{}\", 1)");
        assert_added("print!(\"a\")");
        assert_added("assert_eq!(1, 1)");
        assert_kept("format!(\"a\")");
        assert_kept("vec![1]");
    }

    #[test]
    fn an_assignment() {
        assert_added("x = 5");
        assert_added("x += 5");
        assert_kept("x == 5");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for code in
            ["1 + 1", "let x = 5;", "fn f() {}", "x.push(1)", "", "// nothing", "{ let x = ", "}", "} {", ";"]
        {
            assert_kept(code);
        }
        assert_kept("println!(\"a\");");
        assert_kept("struct A; impl A { }");
    }

    #[test]
    fn surplus_braces_are_found() {
        assert_eq!(line_of_surplus_brace("}"), Some(1));
        assert_eq!(line_of_surplus_brace(":vars\nf();\n} g(); {"), Some(3));
        assert_eq!(line_of_surplus_brace("fn f() {\n}\n}\n"), Some(3));
        for code in [
            "",
            "f();",
            "fn f() { }",
            "{",
            "fn f() {",
            "// }",
            "\"}\"",
            "struct A { }\n",
            "#![allow(x)]\nf();",
        ] {
            assert_eq!(line_of_surplus_brace(code), None, "{code}");
        }
    }

    #[test]
    fn commands_before_the_code_stay() {
        assert_eq!(
            with_semicolon(":dep x = \"1\"\n\nfor _ in 0..1 {}\n"),
            ":dep x = \"1\"\n\nfor _ in 0..1 {};\n"
        );
        assert_eq!(code_start(":vars"), 5);
        assert_eq!(code_start("// a\n:vars\nx"), 11);
    }
}
