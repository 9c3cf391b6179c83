//! Passwords for programs that know only a name and a password.

use hub_api::{AppPasswordCreated, AppPasswordInfo, FilePath, Role, WorkspaceName, routes};
use maud::{Markup, html};

use super::{file::copied, sharing::lifetimes};
use crate::{Frame, frame::role_word, text};

/// App passwords of the visitor.
#[derive(Clone, Debug)]
pub struct AppPasswordsPage<'a> {
    /// Those that work.
    pub passwords: &'a [AppPasswordInfo],
    /// The one that was made just now.
    pub made: Option<&'a AppPasswordCreated>,
    /// Address of the service as others reach it, with its prefix and a slash at the end.
    pub public_url: &'a str,
}

const DAY_SECONDS: u64 = 86_400;

/// The page. With a new password in it, it must not be stored by anyone.
#[must_use]
pub fn app_passwords_page(frame: &Frame<'_>, page: &AppPasswordsPage<'_>) -> Markup {
    let content = html! {
        h1 { "App passwords" }
        p.lead {
            "For programs that know only a name and a password: rclone, davix, curl, file managers. One for each program, so "
            "that each can be taken back alone."
        }
        @if let Some(made) = page.made { (new_password(frame, made, page.public_url)) }
        (form(frame))
        @if !page.passwords.is_empty() { (table(frame, page.passwords)) }
    };
    frame.page("App passwords", content)
}

fn new_password(frame: &Frame<'_>, made: &AppPasswordCreated, public_url: &str) -> Markup {
    let name = frame.visitor.map_or("", |visitor| visitor.name.as_str());
    let own = WorkspaceName::of_person(name).map(|own| routes::dav(&own, &FilePath::root()));
    let dav = format!("{public_url}{}", own.unwrap_or_else(|_| "dav/".to_owned()));
    // At a shell, a name in single quotes is what it is; a quote in it ends them for a moment.
    let user = format!("'{}'", name.replace('\'', r"'\''"));
    let rclone = format!(
        "rclone config create mlaas4hep webdav url={dav} vendor=other user={user} pass={} --obscure",
        made.password
    );
    // davix 0.8.4 does not answer a challenge with its --userlogin; the header it sends always.
    let davix = format!(
        "davix-ls -H \"Authorization: Basic $(printf %s {user}:{} | base64 -w0)\" {dav}",
        made.password
    );
    html! {
        section.notice.good role="status" aria-labelledby="made" {
            h2 #made { "The password for “" (text::name(&made.info.label)) "”" }
            p { "It is shown only now. Copy it before you leave this page." }
            p.secret { (copied("password", &made.password, "password")) }
            dl.facts {
                div.wide { dt { "rclone" } dd { (copied("rclone", &rclone, "line")) } }
                div.wide {
                    dt { "davix" }
                    dd { (copied("davix", &davix, "line")) }
                }
                div.wide {
                    dt { "curl" }
                    dd { (copied("curl", &format!("curl --user {user}:{} -T FILE {dav}", made.password), "line")) }
                }
            }
            p.faint { "The lines name your own workspace; the page “Space and access” of another one has its address." }
        }
    }
}

fn form(frame: &Frame<'_>) -> Markup {
    html! {
        form.card.fields.across method="post" action=(frame.addresses().app_passwords()) {
            (frame.xsrf_field())
            div.grow {
                label for="label" { "What it is for" }
                input #label name="label" required maxlength="200" placeholder="rclone on my laptop" autocomplete="off";
            }
            div {
                label for="role" { "Access" }
                select #role name="role" {
                    option value="reader" { (role_word(Role::Reader)) }
                    option value="writer" selected { (role_word(Role::Writer)) }
                    option value="admin" { "can do all that I can" }
                }
            }
            div { label for="life" { "For" } (lifetimes("life", Some(365 * DAY_SECONDS), Some(90 * DAY_SECONDS))) }
            button.strong type="submit" { "Make a password" }
        }
    }
}

fn table(frame: &Frame<'_>, passwords: &[AppPasswordInfo]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "For" } th scope="col" { "Access" } th scope="col" { "Made" } th scope="col" { "Last used" }
                th scope="col" { "Until" } th.actions scope="col" { span.hidden { "Actions" } }
            } }
            tbody {
                @for password in passwords {
                    tr {
                        th scope="row" { (text::name(&password.label)) }
                        td { (role_word(password.role)) }
                        td data-says="made" { (text::time(&password.created)) }
                        td data-says="last used" { @match &password.last_used { Some(time) => (text::time(time)), None => span.faint { "never" } } }
                        td data-says="ends" { @match &password.expires { Some(time) => (text::time(time)), None => span.faint { "never" } } }
                        td.actions {
                            (frame.button_form(
                                &frame.addresses().delete_app_password(&password.id), "danger",
                                html! { "Take back" span.hidden { " " (text::name(&password.label)) } },
                            ))
                        }
                    }
                }
            }
        }
    }
}
