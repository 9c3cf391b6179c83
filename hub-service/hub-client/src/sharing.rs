//! `share` of the shell and the notebook: give, list and take back.

use hub_api::{Grant, Grantee, Link, MOST_LINK_DAYS, Role, SharedUri, WorkspaceName, seconds_text};

use crate::{HubClient, HubError, LinkWish};

/// The most days for which a right is given, unless it is for ever.
const MOST_DAYS: u64 = 36_500;

/// What somebody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareWish {
    /// To this person.
    pub user: Option<String>,
    /// To the members of this group.
    pub group: Option<String>,
    /// Default: to read.
    pub role: Option<Role>,
    /// Default: of a right none, of a link what the service says.
    pub days: Option<u64>,
    /// End it instead.
    pub takes_back: bool,
}

/// The same, checked: it fits the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Give a right in the workspace.
    Give {
        /// To whom.
        grantee: Grantee,
        /// What for.
        role: Role,
        /// Until when.
        expires_in_seconds: Option<u64>,
    },
    /// Make a link to the file.
    MakeLink {
        /// Until when.
        expires_in_seconds: Option<u64>,
    },
    /// Take back the right of somebody.
    EndRight(Grantee),
    /// Take back all links to the file.
    EndLinks,
}

/// What does not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Two whom a right is for.
    #[error("--user and --group exclude each other; say it twice, once for each")]
    TwoNames,
    /// A right to one file.
    #[error(
        "rights are given in a whole workspace: name shared://{}/, or leave out --user and --group for a link to the file",
        workspace.segment()
    )]
    RightToFile {
        /// Of the file.
        workspace: WorkspaceName,
    },
    /// A link to everything.
    #[error("a link is to one file: name it, or say --user NAME or --group NAME")]
    LinkToWorkspace,
    /// Too long, or no time at all.
    #[error("--days must be between 1 and {most}{}", if *most == MOST_LINK_DAYS { ", as long as a link lives" } else { "" })]
    Days {
        /// The most.
        most: u64,
    },
    /// A role for a link.
    #[error(
        "whoever has a link may read: leave out --role, or name the whole workspace and --user or --group"
    )]
    RoleOfLink,
    /// A role or days beside `--take-back`.
    #[error("--take-back ends all of it: leave out --role and --days")]
    PartOfRight,
}

/// Something that was shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    /// A right in the workspace.
    Right(Grant),
    /// A link to a file, and whether the operator lets anybody read by links.
    Link(Link, bool),
}

impl ShareWish {
    /// Whether it can be done with this name.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn check(self, of: &SharedUri) -> Result<Sharing, ShareError> {
        let grantee = match (self.user, self.group) {
            (Some(_), Some(_)) => return Err(ShareError::TwoNames),
            (Some(user), None) => Some(Grantee::said_user(&user)),
            (None, group) => group.as_deref().map(Grantee::said_group),
        };
        match (&grantee, of.path.is_root()) {
            (Some(_), false) => return Err(ShareError::RightToFile { workspace: of.workspace.clone() }),
            (None, true) => return Err(ShareError::LinkToWorkspace),
            _ => {}
        }
        if self.takes_back && (self.role.is_some() || self.days.is_some()) {
            return Err(ShareError::PartOfRight);
        }
        if grantee.is_none() && self.role.is_some() {
            return Err(ShareError::RoleOfLink);
        }
        let most = if grantee.is_some() { MOST_DAYS } else { MOST_LINK_DAYS };
        if self.days.is_some_and(|days| !(1..=most).contains(&days)) {
            return Err(ShareError::Days { most });
        }
        let expires_in_seconds = self.days.map(|days| days * 24 * 3600);
        let role = self.role.unwrap_or(Role::Reader);
        Ok(match (grantee, self.takes_back) {
            (Some(grantee), false) => Sharing::Give { grantee, role, expires_in_seconds },
            (None, false) => Sharing::MakeLink { expires_in_seconds },
            (Some(grantee), true) => Sharing::EndRight(grantee),
            (None, true) => Sharing::EndLinks,
        })
    }
}

impl Share {
    /// Names of the columns of [`cells`](Self::cells).
    pub const COLUMNS: [&'static str; 4] = ["what", "may", "until", "by"];

    /// Who or what, what may be done, until when, who gave it.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let (what, may, until, by) = match self {
            Self::Right(grant) => {
                let until = grant.expires.as_deref().map_or_else(|| "no end".to_owned(), seconds_text);
                (grant.grantee.words(), grant.role.as_str().to_owned(), until, &grant.granted_by)
            }
            Self::Link(link, is_on) => {
                let may = match (is_on, link.has_password) {
                    (false, _) => "nothing: links are switched off here",
                    (true, true) => "read with the password",
                    (true, false) => "read",
                };
                (
                    format!("a link to {}", link.path),
                    may.to_owned(),
                    seconds_text(&link.expires),
                    &link.created_by,
                )
            }
        };
        vec![what, may, until, by.clone()]
    }
}

impl HubClient {
    /// Shares, or ends it; says what holds then.
    ///
    /// # Errors
    /// [`HubError::Forbidden`] for callers who do not administer the workspace; [`HubError::NotFound`] where there is nothing to
    /// take back.
    pub async fn share(&self, of: &SharedUri, sharing: Sharing) -> Result<String, HubError> {
        Ok(match sharing {
            Sharing::Give { grantee, role, expires_in_seconds } => {
                self.grant(&of.workspace, grantee, role, expires_in_seconds).await?.sentence(&of.workspace)
            }
            Sharing::MakeLink { expires_in_seconds } => {
                let link = self.make_link(of, LinkWish { expires_in_seconds, password: None }).await?;
                format!("{}\nuntil {}", link.url.unwrap_or_default(), seconds_text(&link.expires))
            }
            Sharing::EndRight(grantee) => {
                self.end_right(of, &grantee).await?;
                let rest = match grantee {
                    Grantee::User(_) => "; those of its groups stay",
                    Grantee::Group(_) => "",
                };
                format!("{} no longer has a right of its own in {of}{rest}", grantee.words())
            }
            Sharing::EndLinks => match self.end_links(of).await? {
                1 => format!("the link to {of} no longer works"),
                n => format!("the {n} links to {of} no longer work"),
            },
        })
    }

    /// The rights and links of a workspace; of a folder or file only the links to what is there.
    ///
    /// # Errors
    /// [`HubError::Forbidden`] for callers who do not administer the workspace.
    pub async fn shares(&self, of: &SharedUri) -> Result<Vec<Share>, HubError> {
        let mut shares = Vec::new();
        if of.path.is_root() {
            shares.extend(self.grants(&of.workspace).await?.into_iter().map(Share::Right));
        }
        let mut links = self.links(&of.workspace).await?;
        links.retain(|link| link.path.is_within(&of.path));
        if !links.is_empty() {
            let is_on = self.info().await?.public_links.unwrap_or(true);
            shares.extend(links.into_iter().map(|link| Share::Link(link, is_on)));
        }
        Ok(shares)
    }

    async fn end_right(&self, of: &SharedUri, grantee: &Grantee) -> Result<(), HubError> {
        let grants = self.grants(&of.workspace).await?;
        match grants.iter().find(|grant| grant.grantee == *grantee) {
            Some(grant) => self.revoke_grant(&of.workspace, &grant.id).await,
            None => Err(HubError::NotFound {
                action: format!("take back what was shared of {of}"),
                name: format!("a right of {}", grantee.words()),
                nearest: grants.iter().take(3).map(|grant| grant.grantee.words()).collect(),
            }),
        }
    }

    async fn end_links(&self, of: &SharedUri) -> Result<usize, HubError> {
        let links = self.links(&of.workspace).await?;
        let (mine, others): (Vec<&Link>, Vec<&Link>) = links.iter().partition(|link| link.path == of.path);
        for link in &mine {
            self.revoke_link(&of.workspace, &link.id).await?;
        }
        if mine.is_empty() {
            return Err(HubError::NotFound {
                action: format!("take back what was shared of {of}"),
                name: format!("a link to {of}"),
                nearest: others.iter().take(3).map(|link| format!("one to {}", link.path)).collect(),
            });
        }
        Ok(mine.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_must_fit_the_name() {
        let check = |name: &str, wish: ShareWish, expected: Result<Sharing, ShareError>| {
            assert_eq!(wish.check(&name.parse().unwrap()), expected, "{name}");
        };
        let carol = || ShareWish { user: Some("carol".to_owned()), ..ShareWish::default() };
        let grantee = || Grantee::User("carol".to_owned());
        let give = |role, expires_in_seconds| Sharing::Give { grantee: grantee(), role, expires_in_seconds };
        check("shared://g/", carol(), Ok(give(Role::Reader, None)));
        let writer = ShareWish { role: Some(Role::Writer), days: Some(36_500), ..carol() };
        check("shared://g/", writer, Ok(give(Role::Writer, Some(36_500 * 86_400))));
        check("shared://g/", ShareWish { takes_back: true, ..carol() }, Ok(Sharing::EndRight(grantee())));
        let link = |days| ShareWish { days, ..ShareWish::default() };
        check(
            "shared://g/x",
            link(Some(30)),
            Ok(Sharing::MakeLink { expires_in_seconds: Some(30 * 86_400) }),
        );
        check("shared://g/x", ShareWish { takes_back: true, ..link(None) }, Ok(Sharing::EndLinks));

        check("shared://g/x", link(Some(31)), Err(ShareError::Days { most: 30 }));
        check("shared://g/x", link(Some(0)), Err(ShareError::Days { most: 30 }));
        check(
            "shared://g/",
            ShareWish { days: Some(36_501), ..carol() },
            Err(ShareError::Days { most: 36_500 }),
        );
        check(
            "shared://g/",
            ShareWish { group: Some("top".to_owned()), ..carol() },
            Err(ShareError::TwoNames),
        );
        check("shared://g/", link(None), Err(ShareError::LinkToWorkspace));
        let writer = ShareWish { role: Some(Role::Writer), ..link(None) };
        check("shared://g/x", writer, Err(ShareError::RoleOfLink));
        let partly = ShareWish { takes_back: true, days: Some(1), ..carol() };
        check("shared://g/", partly, Err(ShareError::PartOfRight));
        let workspace = WorkspaceName::new("g").unwrap();
        check("shared://g/x", carol(), Err(ShareError::RightToFile { workspace }));
    }
}
