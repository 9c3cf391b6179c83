//! The bundled fonts. Their licences lie beside them in `fonts/`.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, Source};

const FAMILY: &str = "TeX Gyre Heros";

/// The first one is the text font; the last one holds the signs that the others lack.
const FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/texgyreheros-regular.otf"),
    include_bytes!("../fonts/texgyreheros-bold.otf"),
    include_bytes!("../fonts/texgyreheros-italic.otf"),
    include_bytes!("../fonts/DejaVuSans.ttf"),
];

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for file in FILES {
        fonts.load_font_source(Source::Binary(Arc::new(file)));
    }
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_serif_family(FAMILY);
    fonts.set_cursive_family(FAMILY);
    fonts.set_fantasy_family(FAMILY);
    fonts.set_monospace_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The fonts, read once in the life of a process.
pub(crate) fn bundled() -> Arc<Database> {
    Arc::clone(&FONTS)
}

pub(crate) fn text_family() -> String {
    FAMILY.to_string()
}

#[cfg(test)]
mod tests {
    use super::bundled;

    #[test]
    fn every_file_is_a_font() {
        let families: Vec<String> = bundled()
            .faces()
            .map(|face| format!("{} {:?} {}", face.families[0].0, face.style, face.weight.0))
            .collect();
        assert_eq!(
            families,
            [
                "TeX Gyre Heros Normal 400",
                "TeX Gyre Heros Normal 700",
                "TeX Gyre Heros Italic 400",
                "DejaVu Sans Normal 400"
            ]
        );
    }
}
