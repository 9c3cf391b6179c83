//! `WebDAV` on the same names: for file managers, rclone, davix.

use crate::Failure;
use crate::asker::{Asker, Shown};
use crate::failure::is_stalled;
use crate::slots::hold;
use crate::state::State;
use axum::body::Body;
use axum::extract::{self, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use hub_webdav::ActorNow;
use std::sync::{Arc, OnceLock};

/// Any method of `WebDAV`. Who comes without a name is asked for an app password.
pub(crate) async fn dav(
    state: extract::State<State>,
    shown: Shown,
    asker: Result<Asker, Failure>,
    request: Request,
) -> Response {
    match asker {
        Ok(asker) => {
            handle(&state, (asker, shown), request).await.unwrap_or_else(IntoResponse::into_response)
        }
        Err(failure) => challenged(failure),
    }
}

async fn handle(
    state: &State,
    (asker, shown): (Asker, Shown),
    request: Request,
) -> Result<Response, Failure> {
    let mount = format!("{}dav/", state.prefix());
    let name = &asker.actor.name;
    let slot = match *request.method() {
        Method::PUT => Some(state.uploads().take(name)?),
        Method::GET => Some(state.downloads().wait(name).await?),
        _ => None,
    };
    // What the protocol has no words for.
    let refused = Arc::new(OnceLock::new());
    let note = refused.clone();
    let request = request.map(|body| {
        Body::new(body.map_err(move |error| {
            let broke =
                || Failure::bad_request("the connection broke; nothing was written").advise("send it again");
            note.get_or_init(if is_stalled(&error) { Failure::stalled } else { broke });
            error
        }))
    });
    let actor = asker.actor.clone();
    let dav = state.dav().clone().looking_again(actor_now(state, (asker, shown), &refused));
    let answer = dav.handle(&actor, &mount, request).await.map(Body::new);
    let refused = refused.get().filter(|_| !answer.status().is_success());
    Ok(match refused {
        Some(failure) => failure.clone().into_response(),
        None => hold(slot, answer),
    })
}

/// Looks at the caller again; why it is refused is noted.
fn actor_now(state: &State, (asker, shown): (Asker, Shown), refused: &Arc<OnceLock<Failure>>) -> ActorNow {
    let (state, asked, refused) = (state.clone(), Arc::new((asker, shown)), refused.clone());
    Arc::new(move || {
        let (state, asked, refused) = (state.clone(), asked.clone(), refused.clone());
        Box::pin(async move {
            match asked.1.actor_now(&state, &asked.0).await {
                Ok(actor) => Some(actor),
                Err(failure) => {
                    refused.get_or_init(|| failure);
                    None
                }
            }
        })
    })
}

/// Clients of `WebDAV` know Basic only, and send it when they are asked.
fn challenged(failure: Failure) -> Response {
    let failure = match failure.error().code.as_str() {
        "no_credentials" => failure
            .advise("give your name and an app password, which the page App passwords of the service makes; or a bearer token"),
        _ => failure,
    };
    let mut answer = failure.into_response();
    if answer.status() == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"mlaas4hep\", charset=\"UTF-8\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    answer
}
