//! schemathesis throws requests made of the description at the service: no 5xx, and every answer as it is described.
//!
//! More examples: `MLAAS4HEP_SCHEMATHESIS_EXAMPLES=1000 cargo test --release -p mlaas4hep-hub schemathesis`.

use super::service::{Service, token};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Of each operation and phase: some thousand requests of each caller.
const EXAMPLES: &str = "100";

async fn fuzzed_by(who: &str) {
    let Some(program) = std::env::var_os("MLAAS4HEP_TEST_SCHEMATHESIS") else {
        let why = "MLAAS4HEP_TEST_SCHEMATHESIS names no schemathesis (scripts/test installs it)";
        let _said = writeln!(std::io::stderr(), "SKIPPED: schemathesis as {who}: {why}");
        return;
    };
    let service = Service::start_with("[limits]\nrequests_per_second = 1000000\n").await;
    for text in ["one", "two"] {
        assert!(service.put("files/higgs/data/a.txt", "writer", text).await < 300);
    }
    let origin = format!("http://{}", service.address);
    let examples = std::env::var("MLAAS4HEP_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let mut command = Command::new(program);
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["run", &service.url("api/v1/openapi.json"), "--origin", &origin])
        .args(["--max-examples", &examples, "--no-color"]);
    command.args(["--header", &format!("Authorization: Bearer {}", token(who))]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let log = std::fs::read_to_string(service.folder.path().join("log")).unwrap();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(
        output.status.success() && errors.is_empty(),
        "{}{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        errors.join("\n")
    );
}

#[tokio::test]
async fn by_a_writer() {
    fuzzed_by("writer").await;
}

#[tokio::test]
async fn by_an_administrator_of_the_workspace() {
    fuzzed_by("admin").await;
}

#[tokio::test]
async fn by_an_outsider() {
    fuzzed_by("outsider").await;
}
