//! Takes the words of a panic out of the standard error, so that they come once, with the line of the cell.

/// What a panic said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PanicText {
    /// The message, without place.
    pub(crate) message: String,
    /// The line in the source that evcxr made of the cell, from 1.
    pub(crate) source_line: usize,
    /// The column there, from 1.
    pub(crate) column: usize,
}

/// Reads the standard error of a cell as it comes.
#[derive(Default)]
pub(crate) struct PanicReader {
    /// The begin of a line that may be that of a panic.
    line: String,
    /// Whether the lines that come belong to a panic.
    is_within: bool,
    panics: Vec<PanicText>,
    /// As they stood, for panics that did not end the cell.
    words: String,
}

const SOURCE: &str = "src/lib.rs:";
const LAST_LINE: &str = "note: run with `RUST_BACKTRACE=1`";

impl PanicReader {
    /// Takes text; gives what of it is no panic of the cell.
    pub(crate) fn read(&mut self, text: &str) -> String {
        let mut others = String::new();
        for part in text.split_inclusive('\n') {
            self.line.push_str(part);
            let is_whole = self.line.ends_with('\n');
            if is_whole || !(self.is_within || may_begin_panic(&self.line)) {
                let line = std::mem::take(&mut self.line);
                self.line_or_part(&line, &mut others);
            }
        }
        others
    }

    /// The cell has ended: the panic that ended it, if one did, and text that was kept back for nothing.
    pub(crate) fn finish(&mut self, is_panic: bool) -> (Option<PanicText>, String) {
        let line = std::mem::take(&mut self.line);
        let mut others = String::new();
        self.line_or_part(&line, &mut others);
        self.is_within = false;
        let words = std::mem::take(&mut self.words);
        let last = std::mem::take(&mut self.panics).pop().map(|mut panic| {
            panic.message.truncate(panic.message.trim_end().len());
            panic
        });
        if is_panic { (last, others) } else { (None, words + &others) }
    }

    fn line_or_part(&mut self, line: &str, others: &mut String) {
        if let Some(panic) = first_line(line) {
            self.panics.push(panic);
            self.is_within = true;
            self.words.push_str(line);
        } else if self.is_within {
            self.words.push_str(line);
            if line.starts_with(LAST_LINE) {
                self.is_within = false;
            } else if let Some(panic) = self.panics.last_mut() {
                panic.message.push_str(line);
            }
        } else {
            others.push_str(line);
        }
    }
}

/// A panic begins with `thread 'name' (id) panicked at src/lib.rs:LINE:COLUMN:`.
fn first_line(line: &str) -> Option<PanicText> {
    let place = line.strip_prefix("thread '")?.split_once(" panicked at ")?.1;
    let mut numbers = place.strip_prefix(SOURCE)?.trim_end().split(':').map(str::parse);
    let (source_line, column) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(PanicText { message: String::new(), source_line, column })
}

fn may_begin_panic(line: &str) -> bool {
    let begin = "thread '";
    line.starts_with(begin) || begin.starts_with(line)
}

/// The line of the cell that became line `source_line` of the source that evcxr made of it; both from 1.
pub(crate) fn line_of_cell(source: &str, source_line: usize, cell: &str) -> Option<usize> {
    let source: Vec<&str> = source.lines().map(str::trim).collect();
    let cell: Vec<&str> = cell.lines().map(str::trim).collect();
    let at = source_line.checked_sub(1)?;
    let wanted = source.get(at).filter(|line| !line.is_empty())?;
    // The same line may stand at several places: the one whose neighbours are the same, too.
    let neighbours = |line: usize| {
        let before = (1..=line.min(at)).take_while(|step| cell[line - step] == source[at - step]).count();
        let most = (cell.len() - line).min(source.len() - at);
        before + (1..most).take_while(|step| cell[line + step] == source[at + step]).count()
    };
    let candidates =
        |is: &dyn Fn(&str) -> bool| (0..cell.len()).filter(|line| is(cell[*line])).collect::<Vec<_>>();
    let mut lines = candidates(&|line| line == *wanted);
    if lines.is_empty() {
        // Statements that share a line are put on lines of their own.
        lines = candidates(&|line| line.contains(wanted) || (line.len() > 3 && wanted.contains(line)));
    }
    lines.into_iter().rev().max_by_key(|line| neighbours(*line)).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANIC: &str = "\nthread 'main' (17) panicked at src/lib.rs:12:5:\nboom\nline 2\n\
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nafter";

    #[test]
    fn a_panic_is_taken_out_however_it_is_cut() {
        for length in [1, 3, 10, 1000] {
            let mut reader = PanicReader::default();
            let pieces: Vec<String> =
                PANIC.chars().collect::<Vec<_>>().chunks(length).map(String::from_iter).collect();
            let mut others: String = pieces.iter().map(|piece| reader.read(piece)).collect();
            let (panic, rest) = reader.finish(true);
            others.push_str(&rest);
            assert_eq!(others, "\nafter");
            let expected = PanicText { message: "boom\nline 2".into(), source_line: 12, column: 5 };
            assert_eq!(panic, Some(expected), "pieces of {length}");
        }
    }

    #[test]
    fn a_panic_that_was_caught_is_kept_as_text() {
        let mut reader = PanicReader::default();
        let others = reader.read(PANIC);
        let (panic, words) = reader.finish(false);
        assert_eq!((panic, others), (None, "\nafter".to_string()));
        assert_eq!(words, PANIC[1..].strip_suffix("after").unwrap());
    }

    #[test]
    fn other_text_passes_at_once() {
        let mut reader = PanicReader::default();
        assert_eq!(reader.read("no end"), "no end");
        assert_eq!(reader.read(" of line\nthread"), " of line\n");
        assert_eq!(reader.read("s are nice\n"), "threads are nice\n");
        assert_eq!(
            reader.read("thread 'x' panicked at /other/crate.rs:1:1:\n"),
            "thread 'x' panicked at /other/crate.rs:1:1:\n"
        );
    }

    #[test]
    fn lines_are_found_by_their_neighbours() {
        let cell = "let a = 1;\nf(a);\nlet b = 2;\nf(a);\nlet c = 3;";
        let source = "mod x;\nlet a = 1;\nf(a);\nlet b = 2;\nf(a);\nlet c = 3;\n}";
        assert_eq!(line_of_cell(source, 3, cell), Some(2));
        assert_eq!(line_of_cell(source, 5, cell), Some(4));
        assert_eq!(line_of_cell(source, 1, cell), None);
        assert_eq!(line_of_cell("a();\nb();", 2, "a(); b();"), Some(1));
        assert_eq!(line_of_cell(source, 0, cell), None);
        assert_eq!(line_of_cell(source, 100, cell), None);
    }
}
