//! Dead properties: those that clients bring (RFC 4918 section 4.1), kept as they came.

use dav_server::fs::DavProp;

/// The name under which a property is kept: `{NAMESPACE}NAME`.
fn key(property: &DavProp) -> String {
    format!("{{{}}}{}", property.namespace.as_deref().unwrap_or_default(), property.name)
}

/// The element alone: it is written into other documents.
fn without_declaration(xml: &str) -> &str {
    let xml = xml.trim_start();
    match xml.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, element)) => element.trim_start(),
        None => xml,
    }
}

/// What is to change, from what the client sent: set or taken away.
pub(crate) fn changes(patch: &[(bool, DavProp)]) -> Vec<(String, Option<String>)> {
    let text = |property: &DavProp| {
        let xml = property.xml.as_deref().unwrap_or_default();
        without_declaration(&String::from_utf8_lossy(xml)).to_owned()
    };
    patch.iter().map(|(is_set, property)| (key(property), is_set.then(|| text(property)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_go_and_come() {
        let property = |xml: Option<&str>| DavProp {
            name: "note".to_owned(),
            prefix: Some("x".to_owned()),
            namespace: Some("urn:{odd}".to_owned()),
            xml: xml.map(|xml| xml.as_bytes().to_vec()),
        };
        let xml = "<x:note xmlns:x=\"urn:{odd}\">a</x:note>";
        let changed = changes(&[(true, property(Some(xml))), (false, property(None))]);
        assert_eq!(changed[0], ("{urn:{odd}}note".to_owned(), Some(xml.to_owned())));
        assert_eq!(changed[1].1, None);
        let declared = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{xml}");
        assert_eq!(changes(&[(true, property(Some(&declared)))]), changed[..1]);
    }
}
