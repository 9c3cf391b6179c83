//! Connections: how many there are, how long one may be silent, and how they end.
//!
//! Served by hyper itself, since `axum::serve` knows neither timers nor limits. HTTP/1.1 only: without TLS no browser speaks
//! another, and proxies speak it to what is behind them.

use crate::Failure;
use crate::configuration::ConnectionRules;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::future::Either;
use http::uri::Authority;
use http::{Version, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_http::timeout::TimeoutBody;

/// How long what was sent may wait for a client that takes nothing: then the connection is cut (`TCP_USER_TIMEOUT`, tcp(7)).
/// Long enough for a person who stopped a download to think about it.
const UNTAKEN: Duration = Duration::from_mins(5);
/// Pause after a connection could not be taken: out of files, as a rule.
const BREATH: Duration = Duration::from_millis(500);

/// Counts the connections of all listeners.
pub(crate) struct Gate {
    rules: ConnectionRules,
    places: Arc<Semaphore>,
    by_address: Mutex<HashMap<IpAddr, u32>>,
}

/// The other end of a connection, for every request that comes by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// It came to the listener for data: no proxy stands before that one.
    pub(crate) is_direct: bool,
}

/// A connection that is counted until this is dropped.
struct Admitted {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(rules: ConnectionRules) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(rules.most));
        Arc::new(Self { rules, places, by_address: Mutex::default() })
    }

    /// Counts a connection; `None` where its address has too many.
    fn admit(self: &Arc<Self>, peer: IpAddr, place: OwnedSemaphorePermit) -> Option<Admitted> {
        let peer = peer.to_canonical();
        let address = (!self.rules.uncounted.contains(&peer)).then_some(peer);
        if let Some(address) = address {
            let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(address).or_default();
            if *count >= self.rules.most_of_one_address {
                metrics::counter!("mlaas4hep_hub_connections_refused_total").increment(1);
                return None;
            }
            *count += 1;
        }
        metrics::gauge!("mlaas4hep_hub_connections").increment(1);
        Some(Admitted { gate: self.clone(), address, _place: place })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        metrics::gauge!("mlaas4hep_hub_connections").decrement(1);
        let Some(address) = self.address else { return };
        let mut counts = self.gate.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

/// Where connections come from.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    /// It is the one past the proxies.
    pub(crate) is_direct: bool,
    /// Those of the hub and its proxy, where they are told to show who they are.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Serves until `ending` turns true; then no connection is taken, and those that are end after their request.
pub(crate) async fn serve(
    Listening { listener, is_direct, tls }: Listening,
    router: Router,
    gate: Arc<Gate>,
    ending: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut ended = std::pin::pin!(ended(ending.clone()));
    loop {
        tokio::select! {
            () = ended.as_mut() => break,
            Some(_) = connections.join_next() => {}
            taken = take(&listener, &gate) => match taken {
                Ok(Some((stream, peer, admitted))) => {
                    let peer = Peer { address: peer.ip(), is_direct };
                    let stream = (stream, tls.clone());
                    let one = one(stream, peer, router.clone(), gate.rules.silence, ending.clone());
                    connections.spawn(async move {
                        one.await;
                        drop(admitted);
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it; none where its address has too many.
async fn take(
    listener: &TcpListener,
    gate: &Arc<Gate>,
) -> std::io::Result<Option<(TcpStream, SocketAddr, Admitted)>> {
    let place = gate.places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    let admitted = gate.admit(peer.ip(), place);
    Ok(admitted.map(|admitted| (stream, peer, admitted)))
}

/// Serves one connection to its end.
async fn one(
    (stream, tls): (TcpStream, Option<TlsAcceptor>),
    peer: Peer,
    router: Router,
    silence: Duration,
    ending: watch::Receiver<bool>,
) {
    if let Err(error) = quicken(&stream) {
        tracing::debug!(%error, "a connection stays slow");
    }
    let Some(tls) = tls else { return requests_of(stream, peer, router, silence, ending).await };
    match tokio::time::timeout(silence, tls.accept(stream)).await {
        Ok(Ok(stream)) => requests_of(stream, peer, router, silence, ending).await,
        Ok(Err(error)) => {
            tracing::debug!(%error, peer = %peer.address, "a connection without TLS of the hub");
        }
        Err(_) => {}
    }
}

async fn requests_of(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    peer: Peer,
    router: Router,
    silence: Duration,
    ending: watch::Receiver<bool>,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        if !has_host(&request) {
            return Either::Left(std::future::ready(Ok(without_host())));
        }
        let mut request = request.map(|body| Body::new(TimeoutBody::new(silence, body)));
        request.extensions_mut().insert(peer);
        Either::Right(tower::Service::call(&mut router.clone(), request))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(silence)
        // Who has sent everything and says so still gets an answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ended(ending) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients that go away in the middle are everyday life.
    if let Err(error) = result {
        tracing::debug!(%error, peer = %peer.address, "a connection broke");
    }
}

/// Whether a request says whom it is for, once and in one way (RFC 9112 section 3.2); of HTTP/1.0 it need not.
fn has_host(request: &hyper::Request<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        // Empty where the address has no authority.
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        _ => false,
    }
}

fn without_host() -> Response {
    Failure::bad_request("a request of HTTP/1.1 says once, in the header Host, whom it is for")
        .into_response()
}

/// Waits until the service is to end.
async fn ended(mut ending: watch::Receiver<bool>) {
    // An error says that the sender is gone, which is an end too.
    let _ = ending.wait_for(|ending| *ending).await;
}

fn quicken(stream: &TcpStream) -> std::io::Result<()> {
    // Else the end of a body waits for the acknowledgement of what came before it, which clients hold back for 40 ms.
    stream.set_nodelay(true)?;
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, UNTAKEN.as_millis() as u32)?)
}

/// Lets this process open as many files as the system allows it; says how many that are.
pub(crate) fn allow_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_address_has_so_many_connections() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let gate = Gate::new(ConnectionRules {
            most: 16,
            most_of_one_address: 2,
            silence: Duration::from_secs(1),
            uncounted: vec![proxy],
        });
        let place = || gate.places.clone().try_acquire_owned().unwrap();
        let admit = |address: &str| gate.admit(address.parse().unwrap(), place());
        let (one, _two) = (admit("10.0.0.2").unwrap(), admit("10.0.0.2").unwrap());
        assert!(admit("10.0.0.2").is_none());
        assert!(admit("::ffff:10.0.0.2").is_none(), "the same in other clothes");
        let _other = admit("10.0.0.3").unwrap();
        drop(one);
        let _again = admit("10.0.0.2").unwrap();
        let _proxied: Vec<Admitted> = (0..5).map(|_| admit("10.0.0.1").unwrap()).collect();
        assert_eq!(gate.places.available_permits(), 8);
        assert_eq!(gate.by_address.lock().unwrap().len(), 2);
    }
}
