//! An S3 server for the tests of this process: `SeaweedFS`, which `MLAAS4HEP_TEST_WEED` names.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

struct Server {
    port: u16,
    /// Its standard input ends with this process, and the server with it.
    _until_the_end: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

pub(crate) const BUCKET: &str = "tests";
pub(crate) const ACCESS_KEY: &str = "test-key";
pub(crate) const SECRET_KEY: &str = "test-secret";

/// The address of the server; or why there is none.
pub(crate) fn endpoint() -> Result<String, String> {
    let server = SERVER.get_or_init(start).as_ref().map_err(Clone::clone)?;
    Ok(format!("http://127.0.0.1:{}", server.port))
}

/// A free port whose neighbour 10000 above, which the server takes for gRPC, is free too.
fn free_port() -> Result<u16, String> {
    for _ in 0..1000 {
        let seen = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|e| e.to_string())?;
        let port = 20_000 + seen.port() % 25_000;
        if [port, port + 10_000].iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()) {
            return Ok(port);
        }
    }
    Err("no free port".to_owned())
}

fn start() -> Result<Server, String> {
    let weed = std::env::var("MLAAS4HEP_TEST_WEED")
        .map_err(|_| "MLAAS4HEP_TEST_WEED does not name the program weed")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?.keep();
    let [master, volume, filer, s3] = [free_port()?, free_port()?, free_port()?, free_port()?];
    let config = format!(
        r#"{{"identities":[{{"name":"test","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
    );
    std::fs::write(folder.join("s3.json"), config).map_err(|error| error.to_string())?;
    let script = "\"$0\" \"$@\" >\"$FOLDER/log\" 2>&1 </dev/null & pid=$!; cat >/dev/null; kill -KILL $pid; \
                  wait $pid; rm -rf \"$FOLDER\"";
    let child = Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(&weed)
        .args([
            "server",
            "-s3",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            "-volume.max=20",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ])
        .arg(format!("-dir={}", folder.display()))
        .arg(format!("-s3.config={}", folder.join("s3.json").display()))
        .args([
            format!("-master.port={master}"),
            format!("-volume.port={volume}"),
            format!("-filer.port={filer}"),
            format!("-s3.port={s3}"),
        ])
        .env("FOLDER", &folder)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{weed}: {error}"))?;
    let make_bucket = format!(
        "echo s3.bucket.create -name {BUCKET} | \"$0\" shell -master=127.0.0.1:{master} -filer=127.0.0.1:{filer}"
    );
    for _ in 0..120 {
        let made = Command::new("sh").arg("-c").arg(&make_bucket).arg(&weed).output();
        let said = made.map(|made| [made.stdout, made.stderr].concat()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let is_there = said.contains("created bucket") || said.contains("already exists");
        if is_there && std::net::TcpStream::connect(("127.0.0.1", s3)).is_ok() {
            return Ok(Server { port: s3, _until_the_end: child });
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err(format!(
        "SeaweedFS did not start: {}",
        std::fs::read_to_string(folder.join("log")).unwrap_or_default()
    ))
}
