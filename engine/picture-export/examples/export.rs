//! Exports an SVG file: `export PICTURE.svg PICTURE.png [SCALE]` or `export PICTURE.svg PICTURE.pdf`.

use picture_export::{DEFAULT_SCALE, svg_to_pdf, svg_to_png};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, scale @ ..] = &arguments[..] else {
        return Err("usage: export PICTURE.svg PICTURE.png|PICTURE.pdf [SCALE]".into());
    };
    let svg = std::fs::read_to_string(from)?;
    let scale = scale.first().map_or(Ok(DEFAULT_SCALE), |scale| scale.parse())?;
    let is_pdf = std::path::Path::new(to).extension().is_some_and(|extension| extension == "pdf");
    let bytes = if is_pdf { svg_to_pdf(&svg)? } else { svg_to_png(&svg, scale)?.bytes };
    Ok(std::fs::write(to, bytes)?)
}
