//! Text and tables.

use jupyter_kernel::MimeBundle;
use text_table::{TextTable, escape_html};

/// A table between two lines of text, either of which may be empty.
pub fn table_bundle(caption: &str, table: &TextTable, footer: &str) -> MimeBundle {
    let mut text = table.lines().join("\n");
    let mut html = table.to_html();
    if !caption.is_empty() {
        text = format!("{caption}\n{text}");
        html = format!("<div>{}</div>{html}", escape_html(caption));
    }
    if !footer.is_empty() {
        text = format!("{text}\n{footer}");
        html = format!("{html}<div>{}</div>", escape_html(footer));
    }
    MimeBundle::text(&text).with("text/html", html)
}

/// Text in letters of equal width.
pub fn text_bundle(text: &str) -> MimeBundle {
    MimeBundle::text(text)
}
