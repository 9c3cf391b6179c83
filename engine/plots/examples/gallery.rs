//! Writes every figure with made-up numbers into one web page: `gallery [FILE]`, `gallery.html` by default.

// The numbers are those of the tests.
#[path = "../tests/integration/examples.rs"]
mod examples;
#[path = "../tests/integration/hard_examples.rs"]
mod hard_examples;

use std::fmt::Write;

use plots::{ExperimentLabel, Style};

fn main() -> std::io::Result<()> {
    let style = Style {
        experiment: Some(ExperimentLabel {
            name: "MLaaS4HEP".to_owned(),
            status: "Simulation".to_owned(),
            conditions: "138 fb$^{-1}$ (13 TeV)".to_owned(),
        }),
        ..Style::default()
    };
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Gallery of figures</title>\n\
         <style>body{font-family:sans-serif;margin:16px}figure{display:inline-block;margin:8px;vertical-align:top}\
         figcaption{color:#555}pre{font-size:11px;line-height:1.15}</style>\n",
    );
    for (name, figure) in examples::all().into_iter().chain(hard_examples::all()) {
        let (picture, text) = (figure.to_svg(&style), figure.to_text());
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let written = write!(
            page,
            "<figure>\n{picture}<figcaption>{name}</figcaption><details><summary>text</summary><pre>{text}</pre>\
             </details></figure>\n"
        );
        written.map_err(std::io::Error::other)?;
    }
    let file = std::env::args().nth(1).unwrap_or_else(|| "gallery.html".to_owned());
    std::fs::write(file, page + "</html>\n")
}
