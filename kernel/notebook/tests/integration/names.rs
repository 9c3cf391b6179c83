//! Tab and Shift-Tab.

use crate::Book;
use jupyter_kernel::{Completeness, Language};

fn completed(book: &Book, code: &str) -> Vec<String> {
    let found = book.notebook.complete(code, code.len());
    assert!(found.start <= found.end && found.end <= code.len());
    found.matches
}

#[test]
fn names_of_all_kinds_are_completed() {
    let book = Book::open();
    assert_eq!(completed(&book, "%his"), ["%hist", "%hist2d"]);
    assert!(completed(&book, "%hist Jet_").contains(&"Jet_pt".to_string()));
    assert!(completed(&book, "%hist MET_pt, max(Jet_").contains(&"Jet_eta".to_string()));
    assert!(completed(&book, "%hist jet_").contains(&"Jet_pt".to_string()));
    assert!(completed(&book, "%hist MET_pt --ra").contains(&"--range".to_string()));
    assert_eq!(completed(&book, "%hist MET_pt --sample sig"), ["signal"]);
    assert_eq!(completed(&book, "%hist MET_pt --sample signal,back"), ["background"]);
    assert_eq!(completed(&book, "%hist MET_pt --overflow f"), ["fold"]);
    assert_eq!(completed(&book, "%config plot.w"), ["plot.width"]);
    assert_eq!(completed(&book, "%help sp"), ["specs"]);
    assert!(completed(&book, "%%cut\nMET_").contains(&"MET_pt".to_string()));
    assert!(completed(&book, "%define x = su").contains(&"sum(".to_string()));
    let folder = format!("%open {}/sig", book.folder.path().display());
    assert_eq!(completed(&book, &folder), ["signal.root"]);
}

#[test]
fn whatever_has_choices_is_completed() {
    let book = Book::open();
    assert_eq!(completed(&book, "%export o"), ["onnx"]);
    let folder = book.folder.path().display().to_string();
    assert_eq!(completed(&book, &format!("%export onnx {folder}/sig")), ["signal.root"]);
    assert_eq!(completed(&book, "%%model\nd"), ["dense", "dropout"]);
    assert_eq!(completed(&book, "%model dense 64 relu, batch"), ["batch_norm"]);
    assert_eq!(completed(&book, "%%model\ndense 64 le"), ["leaky_relu"]);
    assert_eq!(completed(&book, "%model activation ta"), ["tanh"]);
    assert_eq!(completed(&book, "%model --task b"), ["binary"]);
    assert_eq!(completed(&book, "%%model\n{\n  \"layers\": [{\"type\": \"dr"), ["dropout"]);
    let found = book.notebook.complete("%%model\n{\n  \"opt", 16);
    assert_eq!((found.matches, found.start, found.end), (vec!["optimizer".to_string()], 13, 16));
    assert_eq!(completed(&book, "%train --set width"), ["width_cap="]);
    assert_eq!(completed(&book, "%config plot.format p"), ["png"]);
    assert_eq!(completed(&book, "%dataset --colour royal"), ["royalblue"]);
    assert_eq!(completed(&book, &format!("%open {folder}/signal.root --tree E")), ["Events"]);
    assert!(completed(&book, "%sql SELECT MAX(MET_p").contains(&"MET_pt".to_string()));
    assert!(completed(&book, "%%sql\nselect * from sig").contains(&"signal".to_string()));
    assert_eq!(completed(&book, "%time %his"), ["%hist", "%hist2d"]);
    assert_eq!(completed(&book, "%time %hist --overfl"), ["--overflow"]);
    assert_eq!(completed(&book, "%report con"), ["confusion"]);
    assert!(completed(&book, "%env PAT").contains(&"PATH".to_string()));
}

#[test]
fn every_choice_of_every_magic_is_completed() {
    use notebook::arguments::{Free, ValueKind};
    let book = Book::new();
    for magic in notebook::magics::ALL {
        for option in magic.options {
            let Some((_, ValueKind::Choice(choices) | ValueKind::Suggestion(choices))) = option.value else {
                continue;
            };
            assert_eq!(
                completed(&book, &format!("%{} {} ", magic.name, option.name)),
                choices,
                "{}",
                option.name
            );
        }
        if let Free::Words { kinds: [ValueKind::Choice(choices), ..], .. } = magic.free {
            assert_eq!(completed(&book, &format!("%{} ", magic.name)), *choices);
        }
    }
}

#[test]
fn a_branch_is_explained() {
    let mut book = Book::open();
    let code = "%hist Jet_pt";
    let found = book.notebook.inspect(code, code.len(), 0).unwrap();
    let text = found.data["text/plain"].as_str().unwrap().to_string();
    assert!(text.contains("jagged") && text.contains("first events: ["), "{text}");
    assert!(text.contains("signal: of the first 2000 events: ") && text.contains('▁'), "{text}");
    book.said("%define n_jets = len(Jet_pt)\n%cut n_jets >= 6 --quiet");
    let found = book.notebook.inspect("n_jets", 3, 0).unwrap();
    let text = found.data["text/plain"].as_str().unwrap().to_string();
    assert!(text.contains("of which pass the cuts: 6 to "), "{text}");
    book.said("%specs");
    let found = book.notebook.inspect(code, code.len(), 0).unwrap();
    let text = found.data["text/plain"].as_str().unwrap();
    assert!(text.contains("mean") && text.contains('▁'), "{text}");
    assert!(book.said("MET_pt?").contains("flat"));
    assert!(book.said("%hist?").contains("--bins N"));
    assert!(book.said("?sum").contains("sum"));
    assert!(book.error("nothing_of_that_name?").contains("UnknownName"));
    assert!(
        book.notebook.inspect("%hist", 2, 0).unwrap().data["text/plain"]
            .as_str()
            .unwrap()
            .contains("Options")
    );
}

#[test]
fn whether_enter_runs_a_cell() {
    let book = Book::new();
    let state = |code: &str| book.notebook.is_complete(code);
    assert_eq!(state("%hist x"), Completeness::Complete);
    assert_eq!(state("fn f() {"), Completeness::Incomplete { indent: "    ".into() });
    assert_eq!(state("%%model"), Completeness::Incomplete { indent: String::new() });
    assert_eq!(state("}"), Completeness::Invalid);
    assert_eq!(state(""), Completeness::Complete);
}
