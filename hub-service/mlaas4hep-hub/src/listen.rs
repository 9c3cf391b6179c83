//! Listening, and ending well.

use crate::configuration::Checked;
use crate::connections::{Gate, Listening, allow_open_files, serve as serve_connections};
use crate::hub_groups;
use crate::router::router;
use crate::state::State;
use anyhow::Context;
use hub_auth::{DevUser, InternalTls};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How often what has expired is cleared away.
const SWEEP: Duration = Duration::from_mins(10);
/// How often measurements are taken together: until then each is kept by itself.
const SUM_UP: Duration = Duration::from_secs(5);

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
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let (end, ending) = watch::channel(false);
    let state = State::build(&checked, dev, metrics, ending.clone()).await?;
    let service = router(&state, checked.request_timeout);
    let tls = checked.hub.as_ref().and_then(|hub| hub.tls.as_ref()).map(InternalTls::server).transpose()?;
    let tls = tls.map(|rules| TlsAcceptor::from(Arc::new(rules)));
    let main = bind(checked.address).await?;
    let data = match checked.data_address {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let local = state.local_files().map(|local| Ok::<_, anyhow::Error>((local.clone(), local.listen()?)));
    let local = local.transpose()?.map(|(local, listening)| local.serve(listening, ending.clone()));
    ready(main.local_addr()?);
    tracing::info!(address = %main.local_addr()?, prefix = checked.prefix, "listening");
    if let Some(open) = allow_open_files().filter(|open| *open < checked.connections.most as u64) {
        tracing::warn!(open, "the system allows fewer open files than limits.connections: see ulimit -n");
    }
    let gate = Gate::new(checked.connections.clone());
    let mut servers = tokio::task::JoinSet::new();
    let main = Listening { listener: main, is_direct: false, tls };
    let data = data.map(|listener| Listening { listener, is_direct: true, tls: None });
    for listener in [Some(main), data].into_iter().flatten() {
        servers.spawn(serve_connections(listener, service.clone(), gate.clone(), ending.clone()));
    }
    servers.spawn(async { futures_util::future::OptionFuture::from(local).await.unwrap_or_default() });
    let upkeep = tokio::spawn(upkeep(state.clone()));
    let sums = tokio::spawn(sum_up(state.clone()));
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
    sums.abort();
    hub_groups.abort();
    state.workspaces().close().await;
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "listening on {address}: another program may be there; name another address (listen.address of the configuration, --listen of dev)"
        )
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

/// Takes measurements together, also where nobody ever asks for them.
async fn sum_up(state: State) {
    loop {
        tokio::time::sleep(SUM_UP).await;
        state.metrics().run_upkeep();
    }
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
