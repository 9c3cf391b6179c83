//! PNG, compared by pixels. A changed picture is looked at before it is kept: `UPDATE_PICTURES=1 cargo test -p
//! picture-export` writes the stored ones anew.

use std::path::PathBuf;

use picture_export::{DEFAULT_SCALE, Png, svg_to_png};
use resvg::tiny_skia::Pixmap;

use crate::figures;

/// Share of pixels that may differ, and by how much a pixel may without counting.
const MOST_DIFFERENT: f64 = 0.001;
const LEAST_DIFFERENCE: u8 = 24;

fn stored(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/pictures/{name}.png"))
}

fn different_share(left: &Pixmap, right: &Pixmap) -> f64 {
    let differs = |(left, right): &(&[u8], &[u8])| {
        left.iter().zip(*right).any(|(left, right)| left.abs_diff(*right) > LEAST_DIFFERENCE)
    };
    let pixels = left.data().chunks(4).zip(right.data().chunks(4));
    pixels.filter(differs).count() as f64 / f64::from(left.width() * left.height())
}

#[test]
fn pictures_have_the_pixels_of_before() {
    for (name, svg) in figures::all() {
        insta::assert_snapshot!(name, svg);
        let picture = svg_to_png(&svg, 1.0).unwrap();
        let file = stored(name);
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            std::fs::write(&file, &picture.bytes).unwrap();
        }
        let before = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (before, now) =
            (Pixmap::decode_png(&before).unwrap(), Pixmap::decode_png(&picture.bytes).unwrap());
        assert_eq!((now.width(), now.height()), (before.width(), before.height()), "{name}");
        let share = different_share(&before, &now);
        assert!(share <= MOST_DIFFERENT, "{name}: {share} of the pixels differ from {}", file.display());
    }
}

#[test]
fn another_figure_does_not_pass_for_the_stored_one() {
    let figures = figures::all();
    let drawn = |at: usize| Pixmap::decode_png(&svg_to_png(&figures[at].1, 1.0).unwrap().bytes).unwrap();
    assert!(different_share(&drawn(0), &drawn(1)) > 0.1);
    let retitled = figures[0].1.replace("Data / MC", "Data / XX");
    let retitled = Pixmap::decode_png(&svg_to_png(&retitled, 1.0).unwrap().bytes).unwrap();
    let share = different_share(&drawn(0), &retitled);
    assert!(share > 0.0001, "two other letters change {share} of the pixels");
}

#[test]
fn the_scale_sets_the_pixels_and_the_bytes_are_always_the_same() {
    for (name, svg) in figures::all() {
        for (scale, width, height) in [(0.5, 240, 200), (1.0, 480, 400), (DEFAULT_SCALE, 960, 800)] {
            let Png { bytes, width: drawn_width, height: drawn_height } = svg_to_png(&svg, scale).unwrap();
            assert_eq!((drawn_width, drawn_height), (width, height), "{name}");
            let decoded = Pixmap::decode_png(&bytes).unwrap();
            assert_eq!((decoded.width(), decoded.height()), (width, height), "{name}");
            assert_eq!(svg_to_png(&svg, scale).unwrap().bytes, bytes, "{name} at {scale}");
        }
    }
}

#[test]
fn every_letter_leaves_ink() {
    // Letters of all four fonts; one without a glyph would be dropped or drawn as nothing.
    for letter in "AzéμηφΩτ→±≤∞√∑ℓ⟨…−×¯".chars() {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"40\"><text x=\"8\" y=\"30\" \
             font-size=\"24\">{letter}</text></svg>"
        );
        let drawn = Pixmap::decode_png(&svg_to_png(&svg, 1.0).unwrap().bytes).unwrap();
        let ink: u32 = drawn.data().chunks(4).map(|pixel| u32::from(pixel[3])).sum();
        assert!(ink > 500, "{letter} {ink}");
    }
}
