//! Which properties a client wants, and how they are written.

use std::fmt::Write;

use hub_api::EntryKind;
use jiff::Timestamp;
use xmltree::{Element, XMLNode};

use crate::{error::escaped, propfind::Described};

const DAV: &str = "DAV:";
/// The live properties that everybody gets who says no names (RFC 4918 section 15; quotas are left out, RFC 4331 section 3).
const ALL: [&str; 9] = [
    "creationdate",
    "displayname",
    "getcontentlength",
    "getcontenttype",
    "getetag",
    "getlastmodified",
    "lockdiscovery",
    "resourcetype",
    "supportedlock",
];
const QUOTAS: [&str; 2] = ["quota-available-bytes", "quota-used-bytes"];

/// The name of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PropertyName {
    namespace: String,
    name: String,
}

/// What a `propfind` asks for (RFC 4918 section 14.20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All, and some that are not among all.
    All(Vec<PropertyName>),
    /// The names of all.
    Names,
    /// These.
    Named(Vec<PropertyName>),
}

/// Reads the body of the request; an empty one asks for all. `None`: it is no `propfind`.
pub(crate) fn parse(body: &[u8]) -> Option<Wanted> {
    if body.is_empty() {
        return Some(Wanted::All(Vec::new()));
    }
    let root = Element::parse(body).ok()?;
    if root.name != "propfind" || root.namespace.as_deref() != Some(DAV) {
        return None;
    }
    let parts: Vec<_> = elements(&root).filter(|part| part.namespace.as_deref() == Some(DAV)).collect();
    let names = |part: &Element| -> Vec<_> { elements(part).map(PropertyName::of).collect() };
    let include = parts.iter().find(|part| part.name == "include");
    parts.iter().find_map(|part| match part.name.as_str() {
        "prop" => Some(Wanted::Named(names(part))),
        "propname" => Some(Wanted::Names),
        "allprop" => Some(Wanted::All(include.map_or_else(Vec::new, |include| names(include)))),
        _ => None,
    })
}

fn elements(parent: &Element) -> impl Iterator<Item = &Element> {
    parent.children.iter().filter_map(XMLNode::as_element)
}

impl PropertyName {
    fn of(element: &Element) -> Self {
        Self { namespace: element.namespace.clone().unwrap_or_default(), name: element.name.clone() }
    }

    fn dav(name: &str) -> Self {
        Self { namespace: DAV.to_owned(), name: name.to_owned() }
    }

    /// As the storage keeps it.
    fn key(&self) -> String {
        format!("{{{}}}{}", self.namespace, self.name)
    }

    fn of_key(key: &str) -> Option<Self> {
        let (namespace, name) = key.strip_prefix('{')?.rsplit_once('}')?;
        Some(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    fn write_empty(&self, text: &mut String) {
        let _written = match self.namespace.as_str() {
            DAV => write!(text, "<D:{}/>", self.name),
            "" => write!(text, "<{}/>", self.name),
            namespace => write!(text, "<x:{} xmlns:x=\"{}\"/>", self.name, escaped(namespace)),
        };
    }
}

impl Wanted {
    pub(crate) fn asks_quota(&self) -> bool {
        let (Self::Named(names) | Self::All(names)) = self else { return true };
        names.iter().any(|name| name.namespace == DAV && QUOTAS.contains(&name.name.as_str()))
    }

    /// Whether any of them may be one that a client brought.
    pub(crate) fn asks_dead(&self) -> bool {
        let Self::Named(names) = self else { return true };
        // `displayname` can be either.
        names.iter().any(|name| name.namespace != DAV || !is_live(&name.name) || name.name == "displayname")
    }

    /// Writes what is known of a name.
    pub(crate) fn write(&self, text: &mut String, described: &Described<'_>) {
        let mut wanted = match self {
            Self::Named(names) => names.clone(),
            Self::All(more) => ALL.iter().map(|name| PropertyName::dav(name)).chain(more.clone()).collect(),
            Self::Names => ALL.iter().chain(&QUOTAS).map(|name| PropertyName::dav(name)).collect(),
        };
        let is_named = matches!(self, Self::Named(_));
        if !is_named {
            let brought = described.properties.keys().filter_map(|key| PropertyName::of_key(key));
            let new: Vec<_> = brought.filter(|name| !wanted.contains(name)).collect();
            wanted.extend(new);
        }
        let (mut found, mut missing) = (String::new(), String::new());
        for name in &wanted {
            let length = found.len();
            if !described.write(&mut found, name) {
                found.truncate(length);
                name.write_empty(&mut missing);
            } else if *self == Self::Names {
                found.truncate(length);
                name.write_empty(&mut found);
            }
        }
        let _ = write!(text, "<D:response><D:href>{}</D:href>", escaped(described.href));
        let is_empty = found.is_empty() && (missing.is_empty() || !is_named);
        if !found.is_empty() || is_empty {
            write_status(text, &found, "200 OK");
        }
        if is_named && !missing.is_empty() {
            write_status(text, &missing, "404 Not Found");
        }
        text.push_str("</D:response>");
    }
}

fn is_live(name: &str) -> bool {
    ALL.contains(&name) || QUOTAS.contains(&name)
}

fn write_status(text: &mut String, properties: &str, status: &str) {
    let _ = write!(
        text,
        "<D:propstat><D:prop>{properties}</D:prop><D:status>HTTP/1.1 {status}</D:status></D:propstat>"
    );
}

impl Described<'_> {
    /// Writes a property with its value; `false`: there is none.
    fn write(&self, text: &mut String, name: &PropertyName) -> bool {
        if let Some(brought) = self.properties.get(&name.key()) {
            text.push_str(brought);
            return true;
        }
        if name.namespace != DAV {
            return false;
        }
        let (entry, is_file) = (self.entry, self.entry.kind == EntryKind::File);
        let value = match name.name.as_str() {
            "displayname" => Some(escaped(self.name)),
            "creationdate" => self.time("%Y-%m-%dT%H:%M:%SZ"),
            // RFC 9110 section 5.6.7.
            "getlastmodified" => self.time("%a, %d %b %Y %H:%M:%S GMT"),
            "getcontentlength" => is_file.then(|| entry.size_bytes.to_string()),
            "getcontenttype" => {
                is_file.then(|| escaped(entry.media_type.as_deref().unwrap_or("application/octet-stream")))
            }
            "getetag" => entry.etag.as_deref().map(escaped),
            "resourcetype" => Some(if is_file { "" } else { "<D:collection/>" }.to_owned()),
            "supportedlock" => Some(SUPPORTED_LOCKS.to_owned()),
            "lockdiscovery" => Some(self.lock_texts()),
            "quota-used-bytes" => self.quota.map(|quota| quota.used_bytes.to_string()),
            "quota-available-bytes" => self.quota.map(|quota| {
                let taken = quota.used_bytes.saturating_add(quota.reserved_bytes);
                quota.limit_bytes.saturating_sub(taken).to_string()
            }),
            _ => None,
        };
        let Some(value) = value else { return false };
        write!(text, "<D:{0}>{value}</D:{0}>", name.name).is_ok()
    }

    fn time(&self, format: &str) -> Option<String> {
        let time: Timestamp = self.entry.modified.parse().ok()?;
        Some(time.strftime(format).to_string())
    }

    /// RFC 4918 section 14.1.
    fn lock_texts(&self) -> String {
        let text = |(lock, address): &(&workspaces::NameLock, String)| {
            format!(
                "<D:activelock><D:lockscope><D:{}/></D:lockscope><D:locktype><D:write/></D:locktype>\
                 <D:depth>{}</D:depth>{}<D:timeout>Second-{}</D:timeout><D:locktoken><D:href>{}</D:href>\
                 </D:locktoken><D:lockroot><D:href>{}</D:href></D:lockroot></D:activelock>",
                if lock.is_shared { "shared" } else { "exclusive" },
                if lock.is_deep { "infinity" } else { "0" },
                lock.note.as_deref().unwrap_or_default(),
                lock.seconds,
                escaped(&lock.token),
                escaped(address),
            )
        };
        self.locks.iter().map(text).collect()
    }
}

/// RFC 4918 section 15.10.
const SUPPORTED_LOCKS: &str = "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>\
    </D:lockentry><D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>";

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[(&str, &str)]) -> Vec<PropertyName> {
        let name = |(namespace, name): &(&str, &str)| PropertyName {
            namespace: (*namespace).to_owned(),
            name: (*name).to_owned(),
        };
        names.iter().map(name).collect()
    }

    proptest::proptest! {
        #[test]
        fn no_body_breaks_the_reader(
            body in "(<D:propfind xmlns:D=\"DAV:\">)?(</?[A-Za-z:]{1,9}/?>|&[a-z]{1,4};|<!\\[CDATA\\[|\u{e9}|text){0,12}(</D:propfind>)?",
        ) {
            parse(body.as_bytes());
        }
    }

    #[test]
    fn bodies_are_understood() {
        let check = |inner: &str, expected: Option<Wanted>| {
            let body = format!("<D:propfind xmlns:D=\"DAV:\">{inner}</D:propfind>");
            assert_eq!(parse(body.as_bytes()), expected, "{inner}");
        };
        assert_eq!(parse(b""), Some(Wanted::All(Vec::new())));
        check("<D:allprop/>", Some(Wanted::All(Vec::new())));
        check(
            "<D:allprop/><D:include><D:quota-used-bytes/></D:include>",
            Some(Wanted::All(named(&[(DAV, "quota-used-bytes")]))),
        );
        check("<D:propname/>", Some(Wanted::Names));
        check(
            "<D:prop><D:getetag/><x:a xmlns:x=\"urn:x\"/><b xmlns=\"\"/></D:prop>",
            Some(Wanted::Named(named(&[(DAV, "getetag"), ("urn:x", "a"), ("", "b")]))),
        );
        check("<D:nothing/>", None);
        for body in [&b"<x"[..], b"<propfind/>", b"<D:prop xmlns:D=\"DAV:\"/>", b"text"] {
            assert_eq!(parse(body), None);
        }
    }

    #[test]
    fn quotas_and_brought_properties_are_looked_up_only_when_asked() {
        let check = |wanted: Wanted, quota: bool, dead: bool| {
            assert_eq!((wanted.asks_quota(), wanted.asks_dead()), (quota, dead), "{wanted:?}");
        };
        check(Wanted::All(Vec::new()), false, true);
        check(Wanted::Names, true, true);
        check(Wanted::Named(named(&[(DAV, "getetag")])), false, false);
        check(Wanted::Named(named(&[(DAV, "displayname")])), false, true);
        check(Wanted::Named(named(&[(DAV, "quota-used-bytes")])), true, false);
        check(Wanted::Named(named(&[("urn:x", "getetag")])), false, true);
    }
}
