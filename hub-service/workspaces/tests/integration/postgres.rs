//! A `PostgreSQL` server for the tests of this process, in a folder of its own and on a socket in it.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

struct Server {
    socket_folder: PathBuf,
    programs: PathBuf,
    /// Its standard input ends with this process, and the server with it.
    _until_the_end: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// The address of a new, empty database; or why there is none.
pub(crate) fn new_database() -> Result<String, String> {
    let server = SERVER.get_or_init(start).as_ref().map_err(Clone::clone)?;
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::SeqCst));
    let mut create = Command::new(server.programs.join("createdb"));
    create.arg("-h").arg(&server.socket_folder).args(["-U", "test", "-T", "template0", "-E", "UTF8", &name]);
    let made = create.output().map_err(|error| format!("createdb: {error}"))?;
    if !made.status.success() {
        return Err(format!("createdb: {}", String::from_utf8_lossy(&made.stderr)));
    }
    Ok(format!("postgres://test@localhost/{name}?host={}", server.socket_folder.display()))
}

fn start() -> Result<Server, String> {
    let programs = programs().ok_or("PostgreSQL is not installed (Debian: postgresql)")?;
    // Short: the path of a socket has at most 107 bytes.
    let folder =
        tempfile::Builder::new().prefix("hub-pg").tempdir().map_err(|error| error.to_string())?.keep();
    let user = unprivileged()?;
    if let Some((uid, gid)) = user {
        chown(&folder, Some(uid), Some(gid)).map_err(|error| error.to_string())?;
    }
    let data = folder.join("data");
    let mut init = as_user(Command::new(programs.join("initdb")), user, &folder);
    init.arg("-D").arg(&data).args(["-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C", "--no-sync"]);
    let made = init.output().map_err(|error| format!("initdb: {error}"))?;
    if !made.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
    }
    let script = "\"$0\" -D \"$1/data\" -k \"$1\" -c listen_addresses= -c fsync=off -c max_connections=300 \
                  >\"$1/log\" 2>&1 </dev/null & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid; rm -rf \"$1\"";
    let mut shell = as_user(Command::new("sh"), user, &folder);
    shell.arg("-c").arg(script).arg(programs.join("postgres")).arg(&folder);
    let child = shell.stdin(Stdio::piped()).spawn().map_err(|error| format!("postgres: {error}"))?;
    for _ in 0..300 {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.arg("-q").arg("-h").arg(&folder);
        if ready.status().is_ok_and(|status| status.success()) {
            return Ok(Server { socket_folder: folder, programs, _until_the_end: child });
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(format!(
        "PostgreSQL did not start: {}",
        std::fs::read_to_string(folder.join("log")).unwrap_or_default()
    ))
}

fn as_user(mut command: Command, user: Option<(u32, u32)>, folder: &Path) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command.current_dir(folder);
    command
}

/// The newest of Debian's folders, or the one on the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    let on_path =
        || std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join("initdb").exists());
    newest.or_else(on_path)
}

/// Of the administrator, who must not run `PostgreSQL`: another user and group.
fn unprivileged() -> Result<Option<(u32, u32)>, String> {
    let own = std::fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let ids = |user: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).map(Some).ok_or_else(|| "no unprivileged user here".to_owned())
}
