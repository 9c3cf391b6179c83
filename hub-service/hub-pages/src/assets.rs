//! Style and script, part of the program. Their names hold a hash of their content, so that browsers keep them for good.

/// A file of ours.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: &'static [u8],
}

impl Asset {
    /// For the header `Cache-Control`: another content has another name.
    pub const CACHE_CONTROL: &'static str = "public, max-age=31536000, immutable";
}

const STYLE: &[u8] = include_bytes!("../assets/hub.css");
const SCRIPT: &[u8] = include_bytes!("../assets/hub.js");
const ICON: &[u8] = include_bytes!("../assets/icon.svg");

/// FNV-1a, 64 bits: it tells versions of a file apart; it guards against nobody.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

const STYLE_HASH: u64 = fnv1a(STYLE);
const SCRIPT_HASH: u64 = fnv1a(SCRIPT);
const ICON_HASH: u64 = fnv1a(ICON);

pub(crate) fn style_name() -> String {
    format!("hub-{STYLE_HASH:016x}.css")
}

pub(crate) fn script_name() -> String {
    format!("hub-{SCRIPT_HASH:016x}.js")
}

pub(crate) fn icon_name() -> String {
    format!("icon-{ICON_HASH:016x}.svg")
}

/// A file of ours by its name, hash included; `None` for others, and for those of other versions of the program.
#[must_use]
pub fn asset(name: &str) -> Option<Asset> {
    let known = [
        (style_name(), "text/css; charset=utf-8", STYLE),
        (script_name(), "text/javascript; charset=utf-8", SCRIPT),
        (icon_name(), "image/svg+xml", ICON),
    ];
    known
        .into_iter()
        .find(|(known, ..)| known == name)
        .map(|(_, media_type, bytes)| Asset { media_type, bytes })
}
