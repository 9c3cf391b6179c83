//! Listening, and ending well.

use crate::configuration::Checked;
use crate::hub_groups;
use crate::router::router;
use crate::state::State;
use anyhow::Context;
use axum::serve::ListenerExt;
use hub_auth::DevUser;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How often what has expired is cleared away.
const SWEEP: Duration = Duration::from_mins(10);

/// Serves until it is asked to end (SIGINT, SIGTERM); then running requests get some time, new ones are refused.
///
/// `ready` is called once everything is open, with the address that is listened on.
///
/// # Errors
/// The storage or an address cannot be opened.
pub(crate) async fn serve(
    checked: Checked,
    dev: Option<DevUser>,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    // Its error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let (end, ending) = watch::channel(false);
    let state = State::build(&checked, dev, metrics, ending.clone()).await?;
    let service = router(&state, checked.request_timeout);
    let main = bind(checked.address).await?;
    let data = match checked.data_address {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    ready(main.local_addr()?);
    tracing::info!(address = %main.local_addr()?, prefix = checked.prefix, "listening");
    let mut servers = tokio::task::JoinSet::new();
    for listener in [Some(main), data].into_iter().flatten() {
        let mut ending = ending.clone();
        let service = service.clone().into_make_service_with_connect_info::<SocketAddr>();
        servers.spawn(async move {
            let ended = async move {
                // An error says that the sender is gone, which is an end too.
                let _ = ending.wait_for(|ending| *ending).await;
            };
            // Else the end of a body waits for the acknowledgement of what came before it, which clients hold back for 40 ms.
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection stays slow");
                }
            });
            axum::serve(listener, service).with_graceful_shutdown(ended).await
        });
    }
    let upkeep = tokio::spawn(upkeep(state.clone()));
    let hub_groups = tokio::spawn(hub_groups::follow(state.clone(), checked.group_properties_every));
    asked_to_end().await?;
    tracing::info!("ending");
    end.send_replace(true);
    let all_done = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(checked.grace, all_done).await.is_err() {
        tracing::warn!(seconds = checked.grace.as_secs(), "requests were still running, and were cut");
        servers.abort_all();
    }
    upkeep.abort();
    hub_groups.abort();
    state.workspaces().close().await;
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listening on {address}: another program may be there; listen.address in the configuration names another")
    })
}

async fn asked_to_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        done = tokio::signal::ctrl_c() => done?,
    }
    Ok(())
}

/// Clears away what has expired, for as long as the service lives.
async fn upkeep(state: State) {
    loop {
        tokio::time::sleep(SWEEP).await;
        match state.workspaces().sweep().await {
            Ok(report) => tracing::debug!(?report, "swept"),
            Err(error) => tracing::error!(%error, "the sweep failed"),
        }
    }
}
