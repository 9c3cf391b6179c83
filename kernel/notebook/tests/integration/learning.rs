//! From the samples to a model and its scores, by the real worker.

use crate::Book;

fn has_worker(test: &str) -> bool {
    let has = std::env::var_os("MLAAS4HEP_TORCH").is_some();
    if !has {
        #[expect(clippy::print_stderr, reason = "skipped tests say so")]
        {
            eprintln!("SKIPPED: {test}: MLAAS4HEP_TORCH is not set, so nothing was trained");
        }
    }
    has
}

#[test]
fn a_model_is_described() {
    let mut book = Book::new();
    let said = book.said("%%model --learning-rate 0.01\ndense 16 relu\ndropout 0.1");
    assert!(said.contains("\"units\": 16") && said.contains("0.01"), "{said}");
    assert!(book.error("%model dens 3").contains("Did you mean dense?"));
    assert!(book.error("%%model\ndense 16 relux").contains("relux"));
    assert!(book.error("%model dense 3 --task many").contains("binary"));
    assert!(book.error("%train").contains("no file is open"));
}

#[test]
fn from_samples_to_scores() {
    if !has_worker("from_samples_to_scores") {
        return;
    }
    let mut book = Book::open();
    book.said("%define ht = sum(Jet_pt)\n%cut ht > 50 --quiet\n%drop run event luminosityBlock");
    assert!(book.error("%train").contains("NoModel"));
    book.said("%model dense 16 relu");
    let said = book.said("%train --epochs 3 --set importance=false");
    assert!(said.contains("test: AUC 0."), "{said}");
    let report = book.shown("%report");
    assert!(report.iter().any(|data| data.get("image/svg+xml").is_some()), "{report:?}");
    assert!(book.error("%report rocc").contains("roc"));
    let said = book.said("%predict");
    assert!(said.contains("signal") && said.contains("background"), "{said}");
    assert_eq!(book.shown("%hist score --norm").len(), 1);
    assert!(book.error("%predict --as MET_pt").contains("there is a branch"));
    let (model, scores, onnx) = (book.path("m.mlaas4hep"), book.path("scores.root"), book.path("m.onnx"));
    book.said(&format!("%predict --sample signal --out {scores}\n%save {model}\n%export onnx {onnx}"));
    assert!(book.has("scores.root") && book.has("m.mlaas4hep") && book.has("m.onnx"));
    let mut other = Book::open();
    assert!(other.error("%predict").contains("NoModel"));
    other.said(&format!("%load {model}"));
    assert_eq!(other.said("%predict --as s").lines().last(), book.said("%predict --as s").lines().last());
    assert!(!other.shown("%report roc").is_empty());
}
