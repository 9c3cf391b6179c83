//! What stands around every page: head, navigation, notice, and the tabs of a workspace.

use hub_api::{FilePath, Role, WorkspaceInfo};
use maud::{DOCTYPE, Markup, html};

use crate::{Addresses, Notice, assets, icons::Icon, text};

/// Who looks at the page.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The name at the hub or the IAM.
    pub name: String,
    /// Whether the visitor administers the service.
    pub is_admin: bool,
}

/// What every page needs to know besides its own contents.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// `/` or `/services/NAME/`.
    pub prefix: &'a str,
    /// `None` before the login.
    pub visitor: Option<&'a Visitor>,
    /// Token against requests that other sites send; every form carries it as `xsrf`.
    pub xsrf: &'a str,
    /// Address of the hub's own pages, where there is a hub.
    pub hub_home: Option<&'a str>,
    /// Address that ends the session, where there is one.
    pub log_out: Option<&'a str>,
    /// What the last form did.
    pub notice: Option<Notice>,
}

/// Pages of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Files,
    Trash,
    Sharing,
    Quota,
    Audit,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Files, Self::Sharing, Self::Quota, Self::Audit, Self::Trash];

    fn word(self) -> &'static str {
        match self {
            Self::Files => "Files",
            Self::Trash => "Trash",
            Self::Sharing => "Sharing",
            Self::Quota => "Space and access",
            Self::Audit => "Audit log",
        }
    }

    /// Last part of the address.
    fn place(self) -> &'static str {
        match self {
            Self::Files => "browse/",
            Self::Trash => "trash",
            Self::Sharing => "sharing",
            Self::Quota => "quota",
            Self::Audit => "audit",
        }
    }

    /// What a visitor must be to see anything there.
    fn needs(self) -> Role {
        match self {
            Self::Files | Self::Quota => Role::Reader,
            Self::Trash => Role::Writer,
            Self::Sharing | Self::Audit => Role::Admin,
        }
    }
}

/// A role as a person says it.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Reader => "can read",
        Role::Writer => "can read and write",
        Role::Admin => "administers",
    }
}

/// The visitor's own role.
pub(crate) fn your_role(role: Role) -> &'static str {
    match role {
        Role::Reader => "you can read",
        Role::Writer => "you can read and write",
        Role::Admin => "you administer it",
    }
}

impl Frame<'_> {
    pub(crate) fn addresses(&self) -> Addresses<'_> {
        Addresses { prefix: self.prefix }
    }

    /// The hidden field of every form that changes something.
    pub(crate) fn xsrf_field(&self) -> Markup {
        html! { input type="hidden" name="xsrf" value=(self.xsrf); }
    }

    /// A form of one button.
    pub(crate) fn button_form(&self, action: &str, class: &str, label: Markup) -> Markup {
        html! {
            form method="post" action=(action) {
                (self.xsrf_field())
                button class=(class) type="submit" { (label) }
            }
        }
    }

    /// As [`Frame::button_form`] for what cannot be undone: with the script, a question is asked first.
    pub(crate) fn sure_form(&self, action: &str, question: &str, label: Markup) -> Markup {
        html! {
            form method="post" action=(action) data-sure=(question) {
                (self.xsrf_field())
                button.quiet.danger type="submit" { (label) }
            }
        }
    }

    /// A whole page.
    pub(crate) fn page(&self, title: &str, content: Markup) -> Markup {
        let addresses = self.addresses();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · MLaaS4HEP" }
                    link rel="icon" type="image/svg+xml" href=(addresses.asset(&assets::icon_name()));
                    link rel="stylesheet" href=(addresses.asset(&assets::style_name()));
                    script type="module" src=(addresses.asset(&assets::script_name())) {}
                }
                body data-prefix=(self.prefix) data-xsrf=(self.xsrf)
                    data-visitor=(self.visitor.map_or("", |visitor| &visitor.name)) {
                    a.skip href="#main" { "Skip to the content" }
                    (self.head())
                    main #main tabindex="-1" {
                        @if let Some(notice) = &self.notice { (notice.draw(self)) }
                        (content)
                    }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let addresses = self.addresses();
        html! {
            header.top {
                a.brand href=(addresses.home()) {
                    img src=(addresses.asset(&assets::icon_name())) alt="" width="26" height="26";
                    span { "MLaaS4HEP" }
                }
                @if let Some(visitor) = self.visitor {
                    nav aria-label="Service" {
                        a href=(addresses.home()) { (Icon::Folder.draw()) span { "Workspaces" } }
                        a href=(addresses.app_passwords()) { (Icon::Key.draw()) span { "App passwords" } }
                        @if let Some(hub) = self.hub_home { a href=(hub) { (Icon::Tree.draw()) span { "Notebooks" } } }
                        span.visitor { (Icon::Person.draw()) (text::name(&visitor.name)) }
                        @if let Some(address) = self.log_out {
                            a href=(address) { (Icon::Exit.draw()) span { "Log out" } }
                        }
                    }
                }
            }
        }
    }

    /// A page of a workspace, with its tabs.
    pub(crate) fn workspace_page(
        &self,
        workspace: &WorkspaceInfo,
        tab: Tab,
        title: &str,
        content: Markup,
    ) -> Markup {
        let addresses = self.addresses();
        let name = workspace.name.as_str();
        let icon = Icon::of(workspace.kind);
        let head = html! {
            div.workspace-head {
                p.workspace-name {
                    (icon.draw())
                    a href=(addresses.folder(&workspace.name, &FilePath::root())) { (text::name(name)) }
                    span.chip { (your_role(workspace.role)) }
                }
                nav.tabs aria-label=(format!("Workspace {}", text::plain_name(name))) {
                    @for other in Tab::ALL.into_iter().filter(|other| workspace.role >= other.needs()) {
                        a href=(addresses.of_workspace(&workspace.name, other.place()))
                            aria-current=[(other == tab).then_some("page")] { (other.word()) }
                    }
                }
            }
        };
        self.page(&format!("{title} · {}", text::plain_name(name)), html! { (head) (content) })
    }
}
