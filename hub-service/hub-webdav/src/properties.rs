//! Dead properties: those that clients bring (RFC 4918 section 4.1), kept as they came.

use dav_server::fs::DavProp;
use workspaces::Properties;

/// The name under which a property is kept: `{NAMESPACE}NAME`.
pub(crate) fn key(property: &DavProp) -> String {
    format!("{{{}}}{}", property.namespace.as_deref().unwrap_or_default(), property.name)
}

/// What is to change, from what the client sent: set or taken away.
pub(crate) fn changes(patch: &[(bool, DavProp)]) -> Vec<(String, Option<String>)> {
    let text = |property: &DavProp| {
        let xml = property.xml.as_deref().unwrap_or_default();
        String::from_utf8_lossy(xml).into_owned()
    };
    patch.iter().map(|(is_set, property)| (key(property), is_set.then(|| text(property)))).collect()
}

/// The properties of a name as the protocol library knows them.
pub(crate) fn all(properties: &Properties, with_content: bool) -> Vec<DavProp> {
    let of = |(key, text): (&String, &String)| {
        let (namespace, name) = key.strip_prefix('{')?.rsplit_once('}')?;
        Some(DavProp {
            name: name.to_owned(),
            prefix: (!namespace.is_empty()).then(|| "P".to_owned()),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            xml: with_content.then(|| text.clone().into_bytes()),
        })
    };
    properties.iter().filter_map(of).collect()
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
        let kept = Properties::from([(changed[0].0.clone(), xml.to_owned())]);
        let found = all(&kept, true);
        assert_eq!((found[0].name.as_str(), found[0].namespace.as_deref()), ("note", Some("urn:{odd}")));
        assert_eq!(found[0].xml.as_deref(), Some(xml.as_bytes()));
        assert!(all(&kept, false)[0].xml.is_none());
    }
}
