//! Labels with formulas: `$m_{\mu\mu}$ [GeV]` becomes runs of text, some italic, some raised or lowered. Also how
//! wide a label will be, since SVG does not say before it is drawn.

/// A label in runs of equal style.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Label {
    pub(crate) runs: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) italic: bool,
    pub(crate) bold: bool,
    /// A line over the letters: an antiparticle.
    pub(crate) has_bar: bool,
    pub(crate) level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Level {
    #[default]
    Line,
    Raised,
    Lowered,
}

/// Size of raised and lowered letters relative to the others.
pub(crate) const SMALL: f64 = 0.7;

/// Writes a label without formulas: `$m_{\mu\mu}$ [GeV]` as `m_μμ [GeV]`, `10$^{3}$` as `10³`.
pub fn plain_text(label: &str) -> String {
    Label::parse(label).plain()
}

impl Label {
    /// Reads a label. A dollar without its partner is a dollar.
    pub(crate) fn parse(text: &str) -> Self {
        let mut label = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            let Some((formula, behind)) = after.split_once('$') else { break };
            label.push(before, false, Level::Line);
            parse_formula(formula, Level::Line, true, &mut label, 0);
            rest = behind;
        }
        label.push(rest, false, Level::Line);
        label
    }

    /// Writes the label as letters alone, raised digits as such.
    pub(crate) fn plain(&self) -> String {
        let mut text = String::new();
        let mut before = Level::Line;
        for run in &self.runs {
            let letters: String = if run.has_bar {
                run.text.chars().flat_map(|letter| [letter, '\u{304}']).collect()
            } else {
                run.text.clone()
            };
            match run.level {
                level if level == Level::Line || level == before => text.push_str(&letters),
                Level::Line => {}
                Level::Raised => match letters.chars().map(superscript).collect::<Option<String>>() {
                    Some(raised) => text.push_str(&raised),
                    None => text.extend(["^", &letters]),
                },
                Level::Lowered => text.extend(["_", &letters]),
            }
            before = run.level;
        }
        text
    }

    /// Makes a label of text in one style, without formulas.
    pub(crate) fn styled(text: &str, bold: bool, italic: bool) -> Self {
        Self { runs: vec![Run { text: clean(text), italic, bold, ..Run::default() }] }
    }

    pub(crate) fn push(&mut self, text: &str, italic: bool, level: Level) {
        let text = clean(text);
        match self.runs.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.italic == italic && last.level == level && !last.bold && !last.has_bar => {
                last.text += &text;
            }
            _ => self.runs.push(Run { text, italic, level, ..Run::default() }),
        }
    }

    pub(crate) fn append(mut self, other: Self) -> Self {
        self.runs.extend(other.runs);
        self
    }

    /// Room for the text in units of the font size: its width in Helvetica, and what `DejaVu` Sans needs more, which
    /// takes its place on many machines.
    pub(crate) fn width(&self) -> f64 {
        const ROOM_FOR_OTHER_FONTS: f64 = 1.15;
        let run_width = |run: &Run| {
            let size = if run.level == Level::Line { 1.0 } else { SMALL };
            let boldness = if run.bold { 1.06 } else { 1.0 };
            run.text.chars().map(glyph_width).sum::<f64>() * size * boldness
        };
        self.runs.iter().map(run_width).sum::<f64>() * ROOM_FOR_OTHER_FONTS
    }

    /// As much of the label as fits into a width, with an ellipsis behind it if something is left out.
    pub(crate) fn shortened(&self, width: f64) -> Self {
        let mut shortened = self.clone();
        while shortened.width() > width {
            let Some(last) = shortened.runs.last_mut() else { break };
            while last.text.pop().is_some_and(|letter| letter == '…') {}
            if last.text.is_empty() {
                shortened.runs.pop();
            } else {
                last.text.push('…');
            }
        }
        shortened
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

/// Control characters have no place in XML.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

/// Deeper nesting than this is no formula but an attack on the stack.
const MAX_DEPTH: usize = 16;

fn parse_formula(formula: &str, level: Level, italic: bool, label: &mut Label, depth: usize) {
    let mut rest = formula;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = after;
        match first {
            '^' | '_' => {
                let level = if first == '^' { Level::Raised } else { Level::Lowered };
                let (argument, behind) = take_argument(after);
                rest = behind;
                if depth < MAX_DEPTH {
                    parse_formula(argument, level, italic, label, depth + 1);
                }
            }
            '\\' => rest = parse_command(after, level, italic, label, depth),
            '{' | '}' | ' ' => {}
            '~' => label.push(" ", false, level),
            '-' => label.push("−", false, level),
            letter => label.push(letter.encode_utf8(&mut [0; 4]), italic && letter.is_alphabetic(), level),
        }
    }
}

/// Reads what follows a backslash; returns the rest.
fn parse_command<'a>(after: &'a str, level: Level, italic: bool, label: &mut Label, depth: usize) -> &'a str {
    let n_letters = after.chars().take_while(char::is_ascii_alphabetic).count();
    let (name, rest) = if n_letters == 0 {
        after.split_at(after.chars().next().map_or(0, char::len_utf8))
    } else {
        after.split_at(n_letters)
    };
    match name {
        "mathrm" | "text" | "textrm" | "rm" | "mathbf" | "mathit" | "bar" | "overline" | "sqrt" | "vec"
        | "hat" | "tilde" => {
            let (argument, behind) = take_argument(rest);
            if depth >= MAX_DEPTH {
                return behind;
            }
            match name {
                "text" | "textrm" => label.push(argument, false, level),
                "sqrt" => root((argument, depth + 1), level, italic, label),
                "bar" | "overline" => {
                    let mut inner = Label::default();
                    parse_formula(argument, level, italic, &mut inner, depth + 1);
                    label.runs.extend(inner.runs.into_iter().map(|run| Run { has_bar: true, ..run }));
                }
                "vec" => accented(argument, '\u{20d7}', (level, italic), label, depth),
                "hat" => accented(argument, '\u{302}', (level, italic), label, depth),
                "tilde" => accented(argument, '\u{303}', (level, italic), label, depth),
                name => parse_formula(argument, level, name == "mathit", label, depth + 1),
            }
            behind
        }
        name => {
            match symbol(name) {
                Some(symbol) => label.push(symbol, false, level),
                None => label.push(name, false, level),
            }
            rest
        }
    }
}

/// Writes a root; what it reaches over, if more than one sign, stands in brackets.
fn root((argument, depth): (&str, usize), level: Level, italic: bool, label: &mut Label) {
    let needs_brackets = argument.chars().count() > 1 && !argument.starts_with('\\');
    label.push(if needs_brackets { "√(" } else { "√" }, false, level);
    parse_formula(argument, level, italic, label, depth);
    if needs_brackets {
        label.push(")", false, level);
    }
}

/// Puts a combining mark behind every letter of the argument.
fn accented(argument: &str, mark: char, (level, italic): (Level, bool), label: &mut Label, depth: usize) {
    let mut inner = Label::default();
    parse_formula(argument, level, italic, &mut inner, depth + 1);
    for run in inner.runs {
        let text: String = run.text.chars().flat_map(|letter| [letter, mark]).collect();
        label.push(&text, run.italic, run.level);
    }
}

/// The group in braces, the command or the single character at the start, and what is behind it.
fn take_argument(text: &str) -> (&str, &str) {
    let Some(first) = text.chars().next() else { return ("", "") };
    if first == '\\' {
        let n_letters = text[1..].chars().take_while(char::is_ascii_alphabetic).count();
        return text.split_at(1 + n_letters);
    }
    if first != '{' {
        return text.split_at(first.len_utf8());
    }
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[1..at], &text[at + 1..]);
        }
    }
    (&text[1..], "")
}

fn symbol(name: &str) -> Option<&'static str> {
    let symbol = match name {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "delta" => "δ",
        "epsilon" | "varepsilon" => "ε",
        "zeta" => "ζ",
        "eta" => "η",
        "theta" => "θ",
        "kappa" => "κ",
        "lambda" => "λ",
        "mu" => "μ",
        "nu" => "ν",
        "xi" => "ξ",
        "pi" => "π",
        "rho" => "ρ",
        "sigma" => "σ",
        "tau" => "τ",
        "phi" | "varphi" => "φ",
        "chi" => "χ",
        "psi" => "ψ",
        "omega" => "ω",
        "Gamma" => "Γ",
        "Delta" => "Δ",
        "Theta" => "Θ",
        "Lambda" => "Λ",
        "Xi" => "Ξ",
        "Pi" => "Π",
        "Sigma" => "Σ",
        "Upsilon" => "Υ",
        "Phi" => "Φ",
        "Psi" => "Ψ",
        "Omega" => "Ω",
        "ell" => "ℓ",
        "to" | "rightarrow" => "→",
        "pm" => "±",
        "mp" => "∓",
        "times" => "×",
        "cdot" => "·",
        "leq" | "le" => "≤",
        "geq" | "ge" => "≥",
        "neq" | "ne" => "≠",
        "approx" => "≈",
        "sim" => "∼",
        "infty" => "∞",
        "sum" => "∑",
        "int" => "∫",
        "partial" => "∂",
        "prime" => "′",
        "langle" => "⟨",
        "rangle" => "⟩",
        "circ" | "degree" => "°",
        "ldots" => "…",
        "hbar" => "ħ",
        "sqrt" => "√",
        "%" => "%",
        "$" => "$",
        "{" => "{",
        "}" => "}",
        "_" => "_",
        "&" => "&",
        "#" => "#",
        "," | ";" | ":" | " " | "quad" => " ",
        "!" | "left" | "right" => "",
        _ => return None,
    };
    Some(symbol)
}

fn superscript(letter: char) -> Option<char> {
    let index = "0123456789+−-*′".chars().position(|known| known == letter)?;
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻*′".chars().nth(index)
}

/// Advance widths of Helvetica in thousandths of the font size, from the blank to `~`.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The width of a letter in Helvetica, in units of the font size.
pub(crate) fn glyph_width(letter: char) -> f64 {
    match letter {
        ' '..='~' => f64::from(HELVETICA[letter as usize - ' ' as usize]) / 1000.0,
        // Combining marks stand over the letter before.
        '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' => 0.0,
        '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{1f300}'..='\u{1faff}' => 1.0,
        _ => 0.6,
    }
}

#[cfg(test)]
mod tests {
    use super::{Label, Level, plain_text};

    fn runs(text: &str) -> Vec<(String, bool, Level)> {
        Label::parse(text).runs.into_iter().map(|run| (run.text, run.italic, run.level)).collect()
    }

    #[test]
    fn formulas_become_runs() {
        assert_eq!(
            runs(r"$m_{\mu\mu}$ [GeV]"),
            [
                ("m".to_owned(), true, Level::Line),
                ("μμ".to_owned(), false, Level::Lowered),
                (" [GeV]".to_owned(), false, Level::Line)
            ]
        );
        assert_eq!(
            runs(r"138 fb$^{-1}$"),
            [("138 fb".to_owned(), false, Level::Line), ("−1".to_owned(), false, Level::Raised)]
        );
    }

    #[test]
    fn plain_texts() {
        let cases = [
            (r"$p_T^2$", "p_T²"),
            (r"$\sqrt{s} = 13\,\mathrm{TeV}$", "√s=13 TeV"),
            (r"$H \to \tau^+\tau^-$", "H→τ⁺τ⁻"),
            (r"$t\bar{t}$", "tt\u{304}"),
            (r"$s/\sqrt{s+b}$", "s/√(s+b)"),
            ("costs 5$", "costs 5$"),
            (r"$\unknown x$", "unknownx"),
            (r"$p_{T,\text{jet 1}}$", "p_T,jet 1"),
            ("$x_$", "x"),
            ("$x_{ab$", "x_ab"),
            ("$\\$ 1", " 1"),
            ("", ""),
        ];
        for (label, expected) in cases {
            assert_eq!(plain_text(label), expected, "{label}");
        }
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = format!("${}x{}$", "^{".repeat(100_000), "}".repeat(100_000));
        assert!(Label::parse(&deep).runs.len() < 3);
    }

    #[test]
    fn long_labels_are_shortened() {
        let label = Label::parse(r"$m_{\mu\mu}$ of the pair");
        assert_eq!(label.shortened(100.0), label);
        let text = |label: Label| label.runs.iter().map(|run| run.text.as_str()).collect::<String>();
        assert_eq!(text(label.shortened(5.0)), "mμμ of t…");
        assert_eq!(text(label.shortened(1.0)), "m");
        assert_eq!(text(label.shortened(0.0)), "");
    }

    #[test]
    fn widths_are_those_of_the_font() {
        assert!((Label::parse("Events").width() - 1.15 * 3.057).abs() < 1e-9);
        assert_eq!(Label::parse("").width(), 0.0);
        assert!(Label::parse("$x^2$").width() < Label::parse("x2").width());
    }
}
