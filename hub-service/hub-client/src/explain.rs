//! An answer that is no success becomes an error that says what to do, asked for where the answer alone does not say it.

use hub_api::{ApiError, Entry, SharedUri};
use reqwest::{Response, StatusCode};

use crate::request::{Call, whole};
use crate::{HubClient, HubError};

/// Longest body of an error that is read.
const MOST_BYTES: usize = 64 << 10;
/// Names that are suggested.
const MOST_NAMES: usize = 3;
/// How alike two names must be to be suggested, from 0 to 1.
const LEAST_LIKENESS: f64 = 0.75;

impl HubClient {
    /// The error of an answer.
    pub(crate) async fn explain(&self, call: &Call, answer: Response) -> HubError {
        let status = answer.status();
        if status.is_redirection() {
            return self.no_service(call, &format!("a redirect, {}", status.as_u16()));
        }
        let Some(error) = api_error(answer).await else {
            return self.explain_without_words(call, status);
        };
        let action = call.action.clone();
        let ApiError { code, message, next_step, request_id, .. } = error;
        let cure = |usual: &str| next_step.clone().unwrap_or_else(|| usual.to_owned());
        let connection = &self.inner.connection;
        match status.as_u16() {
            401 => HubError::TokenRefused { action, message, cure: connection.origin().cure().to_owned() },
            403 if code.contains("scope") => {
                let cure = connection.origin().cure_of_scope(connection.service());
                HubError::ScopeMissing { action, message, cure }
            }
            403 => HubError::Forbidden {
                action,
                message,
                cure: cure("ask an administrator of the workspace for a grant"),
            },
            404 => self.not_found(call).await,
            409 => {
                let current = self.current(call).await;
                let usual = match code.as_str() {
                    "not_a_file" => "name a file in it, or end the name with a slash to write into it",
                    _ => "choose another name",
                };
                HubError::Conflict { action, message, current, cure: cure(usual) }
            }
            412 => {
                HubError::ChangedMeanwhile { action, name: name_of(call), current: self.current(call).await }
            }
            413 => HubError::TooLarge { action, message },
            507 => {
                self.no_room(call, message, cure("delete what is no longer needed, also from the trash"))
                    .await
            }
            status => HubError::Refused { action, status, code, message, cure: next_step, request_id },
        }
    }

    /// An answer that the service did not write: a `HEAD`, a proxy, something else at the address.
    fn explain_without_words(&self, call: &Call, status: StatusCode) -> HubError {
        let action = call.action.clone();
        let connection = &self.inner.connection;
        match status.as_u16() {
            401 => HubError::TokenRefused {
                action,
                message: "the token was refused".to_owned(),
                cure: connection.origin().cure().to_owned(),
            },
            412 => HubError::ChangedMeanwhile { action, name: name_of(call), current: None },
            404 => self.no_service(call, "404, not in the words of the service"),
            status => HubError::Refused {
                action,
                status,
                code: String::new(),
                message: "without words; something between here and the service may have answered".to_owned(),
                cure: None,
                request_id: None,
            },
        }
    }

    async fn not_found(&self, call: &Call) -> HubError {
        let nearest = match &call.target {
            Some(target) => self.nearest(target).await,
            None => Vec::new(),
        };
        HubError::NotFound { action: call.action.clone(), name: name_of(call), nearest }
    }

    /// Names of the folder in which a file was looked for, of workspaces where not even the workspace is there.
    async fn nearest(&self, target: &SharedUri) -> Vec<String> {
        if let (Some(folder), Some(name)) = (target.path.parent(), target.path.name()) {
            let folder = SharedUri { workspace: target.workspace.clone(), path: folder };
            if let Some(page) = self.plain_page(&folder).await {
                let of = |entry: &Entry| SharedUri {
                    workspace: target.workspace.clone(),
                    path: entry.path.clone(),
                };
                let names =
                    page.entries.iter().filter_map(|entry| Some((entry.path.name()?, of(entry).to_string())));
                return most_alike(name, names);
            }
        }
        let Some(names) = self.plain_workspaces().await else { return Vec::new() };
        // It is there: what was looked for in it is not.
        let names: Vec<_> = names.into_iter().filter(|name| *name != target.workspace).collect();
        let whole = |name: &hub_api::WorkspaceName| SharedUri::of_workspace(name.clone()).to_string();
        most_alike(target.workspace.as_str(), names.iter().map(|name| (name.as_str(), whole(name))))
    }

    /// What is there now; asked without further explanations.
    async fn current(&self, call: &Call) -> Option<Box<Entry>> {
        let target = call.target.as_ref()?;
        let page = self.plain_page(target).await?;
        page.entries.into_iter().find(|entry| entry.path == target.path).map(Box::new)
    }

    async fn no_room(&self, call: &Call, message: String, cure: String) -> HubError {
        let workspace = call.workspace.as_ref();
        let quota = match workspace {
            Some(name) => self.plain_quota(name).await,
            None => None,
        };
        HubError::NoRoom {
            action: call.action.clone(),
            workspace: workspace.map_or_else(String::new, ToString::to_string),
            used_bytes: quota.map(|quota| quota.used_bytes + quota.reserved_bytes),
            limit_bytes: quota.map(|quota| quota.limit_bytes),
            message,
            cure,
        }
    }
}

fn name_of(call: &Call) -> String {
    match (&call.target, &call.workspace) {
        (Some(target), _) => target.to_string(),
        (None, Some(workspace)) => SharedUri::of_workspace(workspace.clone()).to_string(),
        (None, None) => call.route.clone(),
    }
}

/// The service's own words, where the answer has them.
async fn api_error(answer: Response) -> Option<ApiError> {
    serde_json::from_slice(&whole(answer, MOST_BYTES).await.ok()?).ok()
}

/// The names that look like the one that was meant, best first, each with what is said in its place.
fn most_alike<'a>(meant: &str, names: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    let meant = meant.to_lowercase();
    let mut alike: Vec<(f64, String)> = names
        .map(|(name, said)| (strsim::jaro_winkler(&meant, &name.to_lowercase()), said))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .collect();
    alike.sort_by(|left, right| right.0.total_cmp(&left.0));
    alike.into_iter().take(MOST_NAMES).map(|(_, said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike() {
        let names = ["ttH.root", "ttbar.root", "readme.md", "TTH.ROOT"];
        let found = most_alike("tth.rot", names.iter().map(|name| (*name, (*name).to_owned())));
        assert_eq!(&found[..2], ["ttH.root", "TTH.ROOT"]);
        assert!(!found.contains(&"readme.md".to_owned()));
        assert!(most_alike("x", std::iter::empty()).is_empty());
    }
}
