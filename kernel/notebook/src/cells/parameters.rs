//! Parameters cells: `# Parameters`, then `name = value` lines, as papermill injects them.
//!
//! papermill knows how to write parameters for some languages only; Rust is none of them. With `--language python` it
//! writes them as Python does, and that is what is read here: texts, numbers, `True`, `False`, `None`, lists and
//! dictionaries, also over several lines.

use serde_json::{Map, Value};

/// First lines that make a cell one of parameters, in letters of any case.
const HEADS: [&str; 2] = ["# parameters", "// parameters"];
/// How deep lists may lie in one another.
const MOST_DEPTH: usize = 32;

/// Names and values of a parameters cell, in their order; `None` for any other cell.
///
/// # Errors
/// The line that is no `name = value`, and why.
pub(crate) fn parameters(text: &str) -> Option<Result<Vec<(String, Value)>, String>> {
    let head = text.trim_start().lines().next()?.trim().to_lowercase();
    if !HEADS.contains(&head.as_str()) {
        return None;
    }
    Some(Reader { rest: text, all: text }.assignments())
}

/// The line of Rust that makes a variable of a value; `None` for what has no type there.
pub(crate) fn rust_line(name: &str, value: &Value) -> Option<String> {
    let expression = match value {
        Value::Array(values) => {
            let items: Option<Vec<String>> = values.iter().map(rust_value).collect();
            let is_same = values.windows(2).all(|pair| kind(&pair[0]) == kind(&pair[1]));
            items
                .filter(|items| is_same && !items.is_empty())
                .map(|items| format!("vec![{}]", items.join(", ")))?
        }
        value => rust_value(value)?,
    };
    Some(format!("let {name} = {expression};"))
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Number(number) if number.is_f64() => 1,
        Value::Number(_) => 2,
        _ => 3,
    }
}

fn rust_value(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) if number.is_f64() => Some(format!("{:?}_f64", number.as_f64()?)),
        Value::Number(number) => Some(format!("{number}_i64")),
        Value::String(text) => Some(format!("{text:?}.to_string()")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value as it stands in the line of a magic.
pub(crate) fn in_a_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(in_a_line).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

struct Reader<'a> {
    rest: &'a str,
    all: &'a str,
}

impl Reader<'_> {
    fn assignments(mut self) -> Result<Vec<(String, Value)>, String> {
        let mut found = Vec::new();
        loop {
            self.skip_space();
            if self.rest.is_empty() {
                return Ok(found);
            }
            let name = self.name()?;
            if !self.takes("=") {
                return Err(self.wrong("`=`"));
            }
            found.push((name, self.value(0)?));
            let _ = self.takes(";");
        }
    }

    /// Skips white space and comments.
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let is_comment = self.rest.starts_with('#') || self.rest.starts_with("//");
            if !is_comment {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &str {
        self.skip_space();
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn name(&mut self) -> Result<String, String> {
        let name = self.word(|letter| letter.is_alphanumeric() || letter == '_').to_string();
        if name.is_empty() || name.starts_with(|letter: char| letter.is_numeric()) {
            return Err(self.wrong("a name"));
        }
        Ok(name)
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        self.skip_space();
        if depth > MOST_DEPTH {
            return Err(self.wrong("fewer lists in one another"));
        }
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.text(quote).map(Value::String),
            Some('[') => self.items(']', depth).map(Value::Array),
            Some('(') => self.items(')', depth).map(Value::Array),
            Some('{') => self.entries(depth).map(Value::Object),
            _ => self.number_or_word(),
        }
    }

    fn items(&mut self, end: char, depth: usize) -> Result<Vec<Value>, String> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        while !self.takes(end.encode_utf8(&mut [0; 4])) {
            items.push(self.value(depth + 1)?);
            self.comma_before(end)?;
        }
        Ok(items)
    }

    fn entries(&mut self, depth: usize) -> Result<Map<String, Value>, String> {
        self.rest = &self.rest[1..];
        let mut entries = Map::new();
        while !self.takes("}") {
            let key = self.value(depth + 1)?;
            if !self.takes(":") {
                return Err(self.wrong("`:`"));
            }
            entries.insert(in_a_line(&key), self.value(depth + 1)?);
            self.comma_before('}')?;
        }
        Ok(entries)
    }

    /// A comma, or none where the list ends.
    fn comma_before(&mut self, end: char) -> Result<(), String> {
        if self.takes(",") || self.rest.starts_with(end) { Ok(()) } else { Err(self.wrong("`,`")) }
    }

    /// A text with the escapes that Python writes.
    fn text(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                self.rest = &self.rest[1 + at + 1..];
                return Ok(text);
            }
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            let code = |letters: &mut std::str::CharIndices<'_>, n_digits: usize| {
                let digits: String = letters.take(n_digits).map(|(_, digit)| digit).collect();
                u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            };
            match letters.next().map(|(_, letter)| letter) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('x') => text.push(code(&mut letters, 2)),
                Some('u') => text.push(code(&mut letters, 4)),
                Some('U') => text.push(code(&mut letters, 8)),
                Some(other) => text.push(other),
                None => break,
            }
        }
        Err(self.wrong("the end of a text"))
    }

    fn number_or_word(&mut self) -> Result<Value, String> {
        let before = self.rest;
        let word = self.word(|letter| letter.is_alphanumeric() || "_.+-".contains(letter)).to_string();
        match word.as_str() {
            "True" | "true" => return Ok(Value::Bool(true)),
            "False" | "false" => return Ok(Value::Bool(false)),
            "None" | "null" => return Ok(Value::Null),
            _ => {}
        }
        let whole = word.replace('_', "").parse::<i64>().ok().map(Value::from);
        let number = || word.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
        whole.or_else(number).ok_or_else(|| {
            self.rest = before;
            self.wrong("a text in quotes, a number, True, False, None, a list or a dictionary")
        })
    }

    fn wrong(&self, expected: &str) -> String {
        let line = 1 + self.all[..self.all.len() - self.rest.len()].matches('\n').count();
        let found: String = self.rest.lines().next().unwrap_or_default().chars().take(40).collect();
        format!("line {line} of the parameters: expected {expected}, found `{found}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_papermill_writes_is_read() {
        let text = "# Parameters\nn_bins = 20\ncut = \"MET_pt > \\\"5\\\" \\u00e9\\n\"\nis_log = True\nnothing = None\nratio = -1.5e-3\nfiles = [\n    \"a.root\",\n    'b.root',\n]\nmap = {\"a\": 1, \"b\": [0.5]}\n";
        let found = parameters(text).unwrap().unwrap();
        let expected = [
            ("n_bins", json!(20)),
            ("cut", json!("MET_pt > \"5\" é\n")),
            ("is_log", json!(true)),
            ("nothing", json!(null)),
            ("ratio", json!(-0.0015)),
            ("files", json!(["a.root", "b.root"])),
            ("map", json!({"a": 1, "b": [0.5]})),
        ];
        let expected: Vec<(String, Value)> =
            expected.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn other_cells_are_none_and_wrong_lines_are_named() {
        for text in ["", "x = 1", "# Parameter\nx = 1", "let x = 1;\n# Parameters", "%hist MET_pt"] {
            assert!(parameters(text).is_none(), "{text}");
        }
        assert_eq!(parameters("// parameters"), Some(Ok(Vec::new())));
        for (text, words) in [
            ("# Parameters\nx = ", "line 2 of the parameters: expected a text in quotes"),
            ("# Parameters\n\nx + 1", "line 3 of the parameters: expected `=`"),
            ("# Parameters\nx = [1 2]", "expected `,`, found `2]`"),
            ("# Parameters\nx = \"open", "the end of a text"),
            ("# Parameters\n1 = 2", "a name"),
            ("# Parameters\nx = foo()", "found `foo()`"),
        ] {
            let said = parameters(text).unwrap().unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
        assert!(parameters(&format!("# Parameters\nx = {}", "[".repeat(100_000))).unwrap().is_err());
    }

    #[test]
    fn values_in_rust_and_in_lines() {
        for (value, rust, line) in [
            (json!(3), Some("let x = 3_i64;"), "3"),
            (json!(2.0), Some("let x = 2.0_f64;"), "2.0"),
            (json!("a\"b"), Some("let x = \"a\\\"b\".to_string();"), "a\"b"),
            (json!([1, 2]), Some("let x = vec![1_i64, 2_i64];"), "1 2"),
            (json!([1, "a"]), None, "1 a"),
            (json!(null), None, "null"),
            (json!([]), None, ""),
        ] {
            assert_eq!(rust_line("x", &value).as_deref(), rust, "{value}");
            assert_eq!(in_a_line(&value), line, "{value}");
        }
    }
}
