//! Snapshots of every figure as picture and as text. A changed picture is looked at before it is accepted: open the
//! page that `cargo run --release -p plots --example gallery` writes.

use plots::{ExperimentLabel, Palette, Style};

use crate::examples;
use crate::xml::check_xml;

#[test]
fn every_figure_is_drawn_as_before() {
    let style = Style {
        experiment: Some(ExperimentLabel {
            name: "MLaaS4HEP".to_owned(),
            status: "Simulation".to_owned(),
            conditions: "138 fb$^{-1}$ (13 TeV)".to_owned(),
        }),
        ..Style::default()
    };
    for (name, figure) in examples::all() {
        let picture = figure.to_svg(&style);
        check_xml(name, &picture);
        assert_eq!(picture, figure.to_svg(&style), "{name} is not the same twice");
        insta::assert_snapshot!(format!("{name}-picture"), picture);
        insta::assert_snapshot!(format!("{name}-text"), figure.to_text());
    }
}

#[test]
fn sizes_and_palettes_are_those_asked_for() {
    for (name, figure) in examples::all() {
        for (width, height) in [(320, 240), (1600, 500), (300, 1200), (0, 0), (u32::MAX, u32::MAX)] {
            let picture = figure.to_svg(&Style { width, height, palette: Palette::Ten, experiment: None });
            check_xml(name, &picture);
            if name == "correlation-of-40" {
                // It takes the room that its names need.
                continue;
            }
            let size = format!("width=\"{}\" height=\"{}\"", width.clamp(200, 8000), height.clamp(150, 8000));
            assert!(picture.contains(&size), "{name} {size}");
        }
    }
}

#[test]
fn a_picture_shares_a_page_with_others() {
    for (name, figure) in examples::all() {
        let picture = figure.to_svg(&Style::default());
        assert!(!picture.contains(" id=") && !picture.contains("url("), "{name} refers to an id");
        assert!(picture.len() < 200_000, "{name} has {} bytes", picture.len());
    }
}
