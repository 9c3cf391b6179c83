//! PDF: one page of the right size, letters as outlines, the same bytes every time.

use picture_export::svg_to_pdf;

use crate::figures;

fn text_of(pdf: &[u8]) -> String {
    pdf.iter().map(|&byte| char::from(byte)).collect()
}

#[test]
fn pages_have_the_size_of_the_picture() {
    for (name, svg) in figures::all() {
        let pdf = svg_to_pdf(&svg).unwrap();
        assert!(pdf.starts_with(b"%PDF-1."), "{name}");
        let text = text_of(&pdf);
        assert!(text.trim_end().ends_with("%%EOF"), "{name}");
        // 480 x 400 pixels at 96 pixels an inch are 360 x 300 points.
        assert!(text.contains("/MediaBox [0 0 360 300]"), "{name}: no such page");
        assert_eq!(text.matches("/Type /Page\n").count(), 1, "{name}");
        assert_eq!(pdf, svg_to_pdf(&svg).unwrap(), "{name} is not the same twice");
    }
}

#[test]
fn letters_are_outlines() {
    for (name, svg) in figures::all() {
        let (text, bare) = (text_of(&svg_to_pdf(&svg).unwrap()), without_texts(&svg));
        assert!(!text.contains("/Font"), "{name}");
        let bare = svg_to_pdf(&bare).unwrap().len();
        assert!(
            text.chars().count() > bare + 4000,
            "{name}: {} bytes, {bare} of them without text",
            text.chars().count()
        );
    }
}

fn without_texts(svg: &str) -> String {
    svg.lines().filter(|line| !line.starts_with("<text")).collect()
}
