//! Pictures for front ends, and as files.

use crate::magic::{MagicError, with_causes};
use crate::session::PictureFormat;
use crate::session::Settings;
use byte_source::FileOpener;
use jupyter_kernel::MimeBundle;
use plots::Figure;
use serde_json::Value;
use std::path::Path;

/// A picture in the format that the settings ask for, always with text beside it.
///
/// # Errors
/// The picture cannot be turned into pixels.
pub fn picture_bundle(
    figure: &dyn Figure,
    settings: &Settings,
    is_interactive: bool,
) -> Result<MimeBundle, MagicError> {
    let style = settings.style();
    let bundle = MimeBundle::text(figure.to_text());
    let wants_vega = is_interactive || settings.picture_format == PictureFormat::Vega;
    let svg = figure.to_svg(&style);
    let is_dense = picture_export::is_dense(&svg);
    let bundle = match figure.interactive().filter(|_| wants_vega && !is_dense) {
        Some(vega) => bundle.with("application/vnd.vegalite.v5+json", vega),
        None => bundle,
    };
    if settings.picture_format == PictureFormat::Png || is_dense {
        let png = picture_export::svg_to_png(&svg, picture_export::DEFAULT_SCALE).map_err(not_exported)?;
        return Ok(bundle
            .with("image/png", base64(&png.bytes))
            .with_metadata("image/png", "width", style.width)
            .with_metadata("image/png", "height", style.height));
    }
    Ok(bundle.with("image/svg+xml", svg))
}

/// Writes a picture to a file, of a workspace too; the format follows from its name: `.svg`, `.png`, `.pdf`, or `.json` for the numbers.
///
/// # Errors
/// An ending that is none of these, or a file that cannot be written.
pub fn export(
    figure: &dyn Figure,
    numbers: Option<Value>,
    (settings, opener): (&Settings, &FileOpener),
    path: &Path,
) -> Result<(), MagicError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    let svg = || figure.to_svg(&settings.style());
    let bytes = match (extension.as_str(), numbers) {
        ("svg", _) => svg().into_bytes(),
        ("png", _) => {
            picture_export::svg_to_png(&svg(), picture_export::DEFAULT_SCALE).map_err(not_exported)?.bytes
        }
        ("pdf", _) => picture_export::svg_to_pdf(&svg()).map_err(not_exported)?,
        ("json", Some(numbers)) => serde_json::to_vec_pretty(&numbers).unwrap_or_default(),
        _ => {
            let message = format!("{}: a picture cannot be written in this format", path.display());
            return Err(MagicError::new("FormatError", message)
                .advise("The name must end in .svg, .png, .pdf or .json."));
        }
    };
    write_file(opener, path, &bytes)
}

/// Writes a file that nobody sees half, of this machine or of a workspace.
pub(crate) fn write_file(opener: &FileOpener, path: &Path, bytes: &[u8]) -> Result<(), MagicError> {
    let output = opener.output(path).map_err(|error| MagicError::output(&error))?;
    training_pipeline::write_whole(output.path(), bytes).map_err(|error| MagicError::output(&error))?;
    output.publish().map_err(|error| MagicError::output(&error))
}

fn not_exported(error: picture_export::ExportError) -> MagicError {
    MagicError::new("PictureError", with_causes(&error))
        .advise("Write it as .svg, or draw it smaller: %config plot.width 640.")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
