//! What is no picture is refused with a reason; what a picture refers to is not read.

use picture_export::{ExportError, LARGEST_SCALE, n_marks, svg_to_pdf, svg_to_png};

fn square(side: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\"><circle r=\"9\"/></svg>"
    )
}

#[test]
fn texts_that_are_no_svg() {
    for text in
        ["", "no picture", "<svg", "<html></html>", "<svg xmlns=\"http://www.w3.org/2000/svg\">", "< > & \0"]
    {
        let of_png = svg_to_png(text, 1.0).unwrap_err();
        assert!(matches!(&of_png, ExportError::NotSvg { n_bytes, .. } if *n_bytes == text.len()), "{of_png}");
        assert_eq!(svg_to_pdf(text).unwrap_err(), of_png);
        assert_eq!(n_marks(text), 0);
    }
}

/// `n` groups in each other around a square.
fn nested(n: usize) -> String {
    let (open, close) = ("<g opacity=\"0.9\">".repeat(n), "</g>".repeat(n));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">{open}<rect width=\"5\" height=\"5\"/>{close}</svg>"
    )
}

#[test]
fn deep_documents() {
    // A thread of a server has a stack of two megabytes, this one half of that.
    let drawn = std::thread::Builder::new().stack_size(1 << 20).spawn(|| {
        let deepest = nested(127);
        (svg_to_png(&deepest, 1.0).map(|png| png.width), svg_to_pdf(&deepest).map(|pdf| pdf.len() > 100))
    });
    assert_eq!(drawn.unwrap().join().unwrap(), (Ok(9), Ok(true)));
    for text in [nested(128), nested(1_000_000), "<g>".repeat(100_000), format!("<!ENTITY a>{}", nested(1))] {
        assert!(matches!(svg_to_png(&text, 1.0), Err(ExportError::Nested { deepest: 128, .. })));
        assert!(matches!(svg_to_pdf(&text), Err(ExportError::Nested { .. })));
    }
}

#[test]
fn scales_and_sizes_have_limits() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, LARGEST_SCALE * 1.01] {
        assert!(matches!(svg_to_png(&square("10"), scale), Err(ExportError::Scale { .. })), "{scale}");
    }
    let error = svg_to_png(&square("100000"), 2.0).unwrap_err();
    assert!(error.to_string().contains("200000 x 200000 pixels"), "{error}");
    assert_eq!(svg_to_png(&square("0.1"), 1.0).unwrap().width, 1);
    assert!(svg_to_png(&square("0"), 1.0).is_err() && svg_to_png(&square("-5"), 1.0).is_err());
}

#[test]
fn links_are_not_followed() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let svg = |link: &str| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"480\" \
             height=\"400\">{link}</svg>"
        )
    };
    let file = format!("{folder}/tests/pictures/stack.png");
    assert!(std::fs::exists(&file).unwrap());
    let link = svg(&format!("<image xlink:href=\"{file}\" width=\"480\" height=\"400\"/>"));
    assert_eq!(svg_to_png(&link, 1.0), svg_to_png(&svg(""), 1.0));
}
