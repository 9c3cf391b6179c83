//! Pages as the HTML standard, our own content security policy and people with a keyboard or a screen reader want them.

use std::{cell::RefCell, collections::BTreeSet};

use html5ever::{ParseOpts, driver::parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use hub_api::Role;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::samples::pages;

/// The value of an attribute by its name.
type Attributes<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Calls `look` with every element: its name and its attributes.
fn visit(node: &Handle, look: &mut dyn FnMut(&str, Attributes<'_>, &Handle)) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attribute = |wanted: &str| {
            attrs.borrow().iter().find(|has| &*has.name.local == wanted).map(|has| has.value.to_string())
        };
        look(&name.local, &attribute, node);
    }
    for child in node.children.borrow().iter() {
        visit(child, look);
    }
}

fn text_of(node: &Handle) -> String {
    let own = match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => String::new(),
    };
    own + &node.children.borrow().iter().map(text_of).collect::<String>()
}

fn each_page(check: impl Fn(&str, &Handle)) {
    for role in [Role::Reader, Role::Writer, Role::Admin] {
        for (name, page) in pages(role) {
            let options = ParseOpts {
                tree_builder: TreeBuilderOpts { exact_errors: true, ..Default::default() },
                ..Default::default()
            };
            let dom = parse_document(RcDom::default(), options).one(page.into_string());
            let errors = dom.errors.borrow();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            check(name, &dom.document);
        }
    }
}

#[test]
fn ids_are_unique_and_labels_find_their_fields() {
    each_page(|page, document| {
        let (ids, references) = (RefCell::new(BTreeSet::new()), RefCell::new(Vec::new()));
        visit(document, &mut |_, attribute, _| {
            if let Some(id) = attribute("id") {
                assert!(ids.borrow_mut().insert(id.clone()), "{page}: the id {id} stands twice");
            }
            let to_ids = ["for", "aria-labelledby", "data-copy", "data-filters"];
            references.borrow_mut().extend(to_ids.into_iter().filter_map(attribute));
        });
        for id in references.into_inner() {
            assert!(ids.borrow().contains(&id), "{page}: nothing has the id {id}");
        }
    });
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    each_page(|page, document| {
        visit(document, &mut |name, attribute, node| {
            assert!(attribute("style").is_none() && name != "style", "{page}: a style in {name}");
            if let NodeData::Element { attrs, .. } = &node.data {
                let handler = attrs.borrow().iter().find(|has| has.name.local.starts_with("on")).cloned();
                assert!(handler.is_none(), "{page}: {handler:?}");
            }
            if name == "script" {
                assert!(attribute("src").is_some() && text_of(node).is_empty(), "{page}: an inline script");
            }
            for address in ["src", "href", "action"].into_iter().filter_map(attribute) {
                let is_ours = address.starts_with("/services/mlaas4hep/") || address.starts_with(['?', '#']);
                assert!(is_ours || address == "/hub/home", "{page}: {address}");
            }
        });
    });
}

#[test]
fn what_can_be_used_has_a_name() {
    each_page(|page, document| {
        let labelled: RefCell<BTreeSet<String>> = RefCell::default();
        visit(document, &mut |name, attribute, _| {
            if name == "label" {
                labelled.borrow_mut().extend(attribute("for"));
            }
        });
        visit(document, &mut |name, attribute, node| {
            let has_words = || {
                !text_of(node).trim().is_empty()
                    || attribute("aria-label").is_some_and(|label| !label.is_empty())
            };
            let is_hidden = attribute("type").is_some_and(|kind| kind == "hidden" || kind == "checkbox");
            match name {
                "button" | "a" | "summary" | "h1" | "h2" | "h3" => {
                    assert!(has_words(), "{page}: a {name} without words");
                }
                "input" | "select" if !is_hidden => {
                    let id = attribute("id").unwrap_or_default();
                    assert!(labelled.borrow().contains(&id), "{page}: nothing labels {name} {id:?}");
                }
                "img" => assert!(attribute("alt").is_some(), "{page}: a picture without words"),
                _ => {}
            }
        });
    });
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    each_page(|page, document| {
        visit(document, &mut |name, attribute, node| {
            if name != "form" || attribute("method").as_deref() == Some("get") {
                return;
            }
            let mut has_token = false;
            visit(node, &mut |_, attribute, _| {
                has_token |= attribute("name").as_deref() == Some("xsrf")
                    && attribute("value").as_deref() == Some("1:token");
            });
            assert!(has_token, "{page}: {:?}", attribute("action"));
        });
    });
}

#[test]
fn one_heading_and_one_main_a_page() {
    each_page(|page, document| {
        let (mut headings, mut mains) = (0, 0);
        visit(document, &mut |name, _, _| {
            headings += u32::from(name == "h1");
            mains += u32::from(name == "main");
        });
        assert_eq!((headings, mains), (1, 1), "{page}");
    });
}
