//! Names of workspaces, with the real service beside the kernel.

use crate::{kernel, skipped};
use hub_testing::DevService;
use kernel_testing::{Channel, FrontEnd, Received, Start};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) const TOKEN: &str = "a-token-that-nobody-sees";

/// The service beside the kernel's program; says that the test is skipped where it is not built.
pub(crate) fn service_program(test: &str) -> Option<PathBuf> {
    let program = Path::new(kernel()).with_file_name("mlaas4hep-hub");
    if !program.is_file() {
        skipped(test, "mlaas4hep-hub is not built");
        return None;
    }
    Some(program)
}

pub(crate) fn service(folder: &Path, test: &str) -> Option<DevService> {
    Some(DevService::start(&service_program(test)?, &folder.join("store"), TOKEN))
}

/// A kernel that knows of no service but this.
pub(crate) fn start(folder: &Path, address: &str) -> FrontEnd {
    start_with(folder, &[("MLAAS4HEP_HUB_URL", address), ("MLAAS4HEP_HUB_TOKEN", TOKEN)])
}

/// A kernel that knows of no service but what these variables say. No message of it may hold [`TOKEN`].
pub(crate) fn start_with(folder: &Path, variables: &[(&str, &str)]) -> FrontEnd {
    let start = Start::of(kernel()).started_by(&["run", "--no-history", "--no-rust", "-f"]);
    let start = OF_A_HUB.iter().fold(start, |start, name| start.with_variable(name, ""));
    let home = folder.display().to_string();
    let start = start.with_variable("HOME", home.as_str()).with_variable("XDG_CONFIG_HOME", home.as_str());
    let start = variables.iter().fold(start, |start, (name, value)| start.with_variable(name, *value));
    FrontEnd::start(start.never_showing(TOKEN))
}

/// What a notebook server of whoever runs the tests would say.
const OF_A_HUB: [&str; 9] = [
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_BASE_URL",
    "JUPYTERHUB_HOST",
    "JUPYTERHUB_PUBLIC_HUB_URL",
    "JUPYTERHUB_PUBLIC_URL",
    "MLAAS4HEP_HUB_URL",
    "MLAAS4HEP_HUB_TOKEN",
    "MLAAS4HEP_HUB_SERVICE",
];

/// What a cell showed.
pub(crate) struct Shown {
    /// Standard output, and displays as text.
    pub(crate) text: String,
    /// Standard error.
    pub(crate) errors: String,
    /// The reply.
    pub(crate) reply: Value,
}

impl Shown {
    /// The cell must have worked; what it showed.
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.reply["status"], "ok", "{}", self.reply);
        &self.text
    }

    /// The cell must have failed; name and words of the error.
    pub(crate) fn error(&self) -> (&str, &str) {
        assert_eq!(self.reply["status"], "error", "{}", self.text);
        (self.reply["ename"].as_str().expect("a text"), self.reply["evalue"].as_str().expect("a text"))
    }
}

/// Runs a cell to its end.
pub(crate) fn run(front_end: &mut FrontEnd, code: &str) -> Shown {
    let request = front_end.execute(code);
    let (mut text, mut errors) = (String::new(), String::new());
    loop {
        let Received { msg_type, content, .. } = front_end.next(Channel::Iopub);
        match msg_type.as_str() {
            "status" if content["execution_state"] == "idle" => break,
            "stream" if content["name"] == "stderr" => {
                errors.push_str(content["text"].as_str().unwrap_or_default());
            }
            "stream" => text.push_str(content["text"].as_str().unwrap_or_default()),
            _ => text.push_str(content["data"]["text/plain"].as_str().unwrap_or_default()),
        }
    }
    Shown { text, errors, reply: front_end.expect_reply(&request, "execute_reply") }
}

fn completed(front_end: &mut FrontEnd, code: &str) -> Vec<String> {
    let request =
        front_end.send(Channel::Shell, "complete_request", json!({"code": code, "cursor_pos": code.len()}));
    let reply = front_end.expect_reply(&request, "complete_reply");
    let matches = reply["matches"].as_array().expect("a list").clone();
    matches.iter().filter_map(Value::as_str).map(String::from).collect()
}

#[test]
fn names_of_workspaces_complete_as_file_names_do() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "names_of_workspaces_complete_as_file_names_do") else {
        return;
    };
    std::fs::write(folder.path().join("ttH 100%.csv"), "x\n1\n").unwrap();
    let mut front_end = start(folder.path(), service.address());
    let file = folder.path().join("ttH 100%.csv").display().to_string();
    let request = front_end.execute(&format!("%put \"{file}\" shared://higgs/data/"));
    let reply = front_end.expect_reply(&request, "execute_reply");
    assert_eq!(reply["status"], "ok", "{reply}");
    front_end.skip_outputs();
    let check = |front_end: &mut FrontEnd, code: &str, expected: &[&str]| {
        assert_eq!(completed(front_end, code), expected, "{code}");
        front_end.skip_outputs();
    };
    check(&mut front_end, "%open shared://hi", &["higgs/"]);
    check(&mut front_end, "%open shared://higgs/", &["data/"]);
    check(&mut front_end, "%dataset tth=\"shared://higgs/data/tt", &["ttH 100%25.csv"]);
    check(&mut front_end, "%ls shared://higgs/nothing/", &[]);
    check(&mut front_end, "%ls shared://other/", &[]);
}

/// Runs a cell that must work; what it showed.
pub(crate) fn ran(front_end: &mut FrontEnd, code: &str) -> String {
    run(front_end, code).text().to_string()
}

#[test]
fn what_magics_write_goes_into_a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "what_magics_write_goes_into_a_workspace") else { return };
    std::fs::write(folder.path().join("ttH.csv"), "x\n1\n2\n4\n").unwrap();
    std::fs::write(folder.path().join("cells.txt"), "%pwd\n%cut x > 1\n").unwrap();
    let mut front_end = start(folder.path(), service.address());
    let at = |name: &str| folder.path().join(name).display().to_string();
    ran(&mut front_end, &format!("%open \"{}\"", at("ttH.csv")));
    ran(&mut front_end, &format!("%put \"{}\" shared://higgs/", at("cells.txt")));
    ran(&mut front_end, "%specs --out shared://higgs/specs/ttH.json");
    ran(&mut front_end, "%hist x --export shared://higgs/pictures/x.svg");
    ran(&mut front_end, "%run shared://higgs/cells.txt");
    ran(&mut front_end, &format!("%get shared://higgs/specs/ttH.json \"{}\"", at("specs.json")));
    ran(&mut front_end, &format!("%get shared://higgs/pictures/x.svg \"{}\"", at("x.svg")));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("specs.json").contains("\"x\""));
    assert!(read("x.svg").starts_with("<svg"));
    ran(&mut front_end, &format!("%put \"{}\" \"{}\" shared://higgs/all", at("*.csv"), at("cells.txt")));
    ran(&mut front_end, &format!("%get shared://higgs/all \"{}\"", at("all")));
    assert_eq!((read("all/ttH.csv"), read("all/cells.txt")), (read("ttH.csv"), read("cells.txt")));
    let request = front_end.execute("%run shared://higgs/none.txt");
    let refused = front_end.expect_reply(&request, "execute_reply");
    assert!(refused.to_string().contains("none.txt is not there"), "{refused}");
    front_end.skip_outputs();
}

#[test]
fn tab_does_not_wait_for_a_service_that_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut front_end = start(folder.path(), &format!("http://{}/", silent.local_addr().unwrap()));
    for longest in [Duration::from_secs(4), Duration::from_secs(1)] {
        let began = Instant::now();
        assert_eq!(completed(&mut front_end, "%open shared://hi"), Vec::<String>::new());
        assert!(began.elapsed() < longest, "{:?}", began.elapsed());
    }
    front_end.skip_outputs();
    let mut front_end = start(folder.path(), "");
    assert_eq!(completed(&mut front_end, "%open shared://hi"), Vec::<String>::new());
    front_end.skip_outputs();
}
