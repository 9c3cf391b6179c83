//! What stands between a service and a server that it needs, and lets through what it is told to.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use bytes::Bytes;
use http::StatusCode;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lets {
    All,
    /// Each request is answered with 500.
    Errors,
    /// Connections are taken, and nothing comes back.
    Nothing,
    /// So many bytes of a connection, each way; then nothing.
    UpTo(u64),
}

pub(super) struct Gate {
    pub(super) address: SocketAddr,
    lets: watch::Sender<Lets>,
    tasks: [JoinHandle<()>; 2],
}

impl Gate {
    pub(super) async fn start(server: SocketAddr) -> Self {
        let (listener, address) = listen().await;
        let (failing, of_failing) = listen().await;
        let fails = Router::new()
            .fallback(async |_: Bytes| (StatusCode::INTERNAL_SERVER_ERROR, "out of order"))
            .layer(DefaultBodyLimit::disable());
        let fails = tokio::spawn(async move {
            // The test ends it.
            let _ = axum::serve(failing, fails).await;
        });
        let (lets, now) = watch::channel(Lets::All);
        let passes = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, [server, of_failing], now.clone()));
            }
        });
        Self { address, lets, tasks: [fails, passes] }
    }

    /// From now on; connections that are open end.
    pub(super) async fn lets(&self, what: Lets) {
        self.lets.send_replace(what);
        // Until the other sides have seen that: a request on such a connection would break instead.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn pass(client: TcpStream, [server, failing]: [SocketAddr; 2], mut lets: watch::Receiver<Lets>) {
    let now = *lets.borrow_and_update();
    let passing = async {
        match now {
            Lets::All => join(client, server, None).await,
            Lets::Errors => join(client, failing, None).await,
            Lets::UpTo(n_bytes) => join(client, server, Some(n_bytes)).await,
            Lets::Nothing => {
                let _open = client;
                pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = passing => {}
        _ = lets.changed() => {}
    }
}

async fn join(mut client: TcpStream, to: SocketAddr, most: Option<u64>) {
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    // Either side may break off: that is what the other one sees, too.
    let Some(most) = most else { return drop(copy_bidirectional(&mut client, &mut server).await) };
    let ((from_client, mut to_client), (from_server, mut to_server)) = (client.split(), server.split());
    let (mut up, mut down) = (from_client.take(most), from_server.take(most));
    let _ = tokio::join!(copy(&mut up, &mut to_server), copy(&mut down, &mut to_client));
    pending::<()>().await;
}
