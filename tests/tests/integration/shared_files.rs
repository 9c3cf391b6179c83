//! Files of a workspace wherever the command line takes a name, with the real service beside it.

use crate::program::{Workplace, built};
use hub_testing::DevService;
use serde_json::Value;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const TOKEN: &str = "a-token-that-nobody-sees";

fn service(place: &Workplace, test: &str) -> Option<DevService> {
    let Some(program) = built("mlaas4hep-hub") else {
        eprintln!("SKIPPED: {test}: mlaas4hep-hub is not built");
        return None;
    };
    Some(DevService::start(&program, &place.path("store"), TOKEN))
}

/// Logs in with a token on standard input; what was said, and whether it worked.
fn log_in(place: &Workplace, service: &DevService, token: &str) -> (bool, String) {
    log_in_at(place, service.address(), token)
}

fn log_in_at(place: &Workplace, address: &str, token: &str) -> (bool, String) {
    let mut child = place
        .command(&["login", address])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("its input is ours");
    input.write_all(token.as_bytes()).expect("it listens");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let text = crate::program::all_text(&output);
    assert!(!text.contains(token), "{text}");
    (output.status.success(), text)
}

/// What `inspect` says of a file, without its name.
fn inspected(place: &Workplace, file: &str) -> Value {
    let mut found: Value = serde_json::from_str(&place.succeeds(&["inspect", file, "--json"])).expect("JSON");
    found["file"] = Value::Null;
    found
}

fn workflow(place: &Workplace, files: &str, out: &str) -> String {
    let (files, out) = (format!("--files={files}"), format!("--fout={out}"));
    let given = ["--labels=1,0", "--model=model.json", "--params=params.json", "--preproc=selection.txt"];
    place.succeeds(&[&["workflow", &files, &out], given.as_slice()].concat())
}

/// Several downloads to one place at a time: each that says that it is done has the right bytes there, and one is.
fn together(place: &Workplace) {
    let get =
        || place.command(&["get", "shared://higgs/data/background.root", "one.root", "--overwrite"]).spawn();
    let running: Vec<_> = (0..4).map(|_| get().expect("the program starts")).collect();
    let n_done =
        running.into_iter().filter_map(|mut one| one.wait().ok()).filter(ExitStatus::success).count();
    assert!(n_done >= 1);
    assert!(place.read("one.root") == place.read("background.root"), "{n_done} say that they are done");
}

/// What goes is what was said, also when it is said again.
fn only_what_was_said_is_removed(place: &Workplace) {
    std::fs::create_dir_all(place.path("rest/sub/deep")).expect("folders");
    for name in ["fit[1].txt", "fit1.txt", "a?", "ab", "sub/x.tmp", "sub/deep/y.tmp", "sub/z.txt"] {
        place.write(&format!("rest/{name}"), name);
    }
    place.succeeds(&["put", "rest", "shared://higgs/"]);
    place.succeeds(&["rm", "shared://higgs/rest/fit[1].txt"]);
    place.fails(&["rm", "shared://higgs/rest/fit[1].txt"], 3, &["fit[1].txt is not there"]);
    place.succeeds(&["rm", "shared://higgs/rest/a%3F"]);
    place.fails(&["rm", "shared://higgs/rest/ab/"], 3, &["a folder shared://higgs/rest/ab is not there"]);
    place.succeeds(&["get", "shared://higgs/rest/**/*.tmp", "found/"]);
    assert_eq!(place.read("found/y.tmp"), b"sub/deep/y.tmp");
    let gone = place.succeeds(&["rm", "shared://higgs/rest/**/*.tmp"]);
    assert!(gone.contains("rest/sub/x.tmp: in") && gone.contains("rest/sub/deep/y.tmp: in"), "{gone}");
    let gone = place.succeeds(&["rm", "shared://higgs/rest/*/", "shared://higgs/rest/sub/z.txt"]);
    assert_eq!(gone, "shared://higgs/rest/sub: in the trash\n");
    let looked = place.succeeds(&["ls", "shared://higgs/rest/f*"]);
    assert!(looked.contains("rest/fit1.txt") && !looked.contains("ab"), "{looked}");
    let rest = place.succeeds(&["ls", "shared://higgs/rest"]);
    assert!(rest.contains("fit1.txt") && rest.contains("ab") && !rest.contains("a?"), "{rest}");
}

/// A folder goes up, comes back, and is not sent again.
fn folders_go_and_come(place: &Workplace) {
    std::fs::create_dir_all(place.path("run/plots/empty")).expect("folders");
    place.write("run/notes.txt", "of today");
    place.write("run/plots/met.svg", "<svg/>");
    let sent = place.succeeds(&["put", "run", "*.json", "shared://higgs/today/"]);
    assert!(
        sent.contains("run/plots/met.svg -> shared://higgs/today/run/plots/met.svg, version 1\n"),
        "{sent}"
    );
    assert!(sent.contains("shared://higgs/today/params.json"), "{sent}");
    place.write("run/notes.txt", "of tonight");
    let again = place.succeeds(&["put", "run", "shared://higgs/today/"]);
    assert!(
        again.contains("notes.txt, version 2\n") && again.contains("version 1, there already"),
        "{again}"
    );

    place.succeeds(&["get", "shared://higgs/today/run", "back"]);
    assert_eq!(place.read("back/notes.txt"), b"of tonight");
    assert_eq!(place.read("back/plots/met.svg"), b"<svg/>");
    assert!(place.path("back/plots/empty").is_dir());
    let again = place.succeeds(&["get", "shared://higgs/today/run", "back"]);
    assert!(again.contains("-> back/notes.txt, 10 B, here already"), "{again}");
    place.succeeds(&["get", "shared://higgs/today/run", "back/"]);
    assert_eq!(place.read("back/run/notes.txt"), b"of tonight");
    place.succeeds(&["get", "shared://higgs/today/run/notes.txt", "new/folder/"]);
    assert_eq!(place.read("new/folder/notes.txt"), b"of tonight");
    together(place);
    let first = place.succeeds(&["get", "shared://higgs/today/", "today"]);
    assert!(first.contains("today/run/notes.txt") && !first.contains("already"), "{first}");
    let again = place.succeeds(&["get", "shared://higgs/today/"]);
    assert!(again.contains("-> today/run/notes.txt, 10 B, here already"), "{again}");
    place.fails(&["put", "run/none", "shared://higgs/"], 3, &["run/none", "No such file"]);
    // Once, and not for each file.
    place.fails(
        &["put", "run", "shared://hlggs/"],
        4,
        &["cannot look at shared://hlggs/: ", "shared://higgs/?"],
    );
    let nothing = &["run/none", "No such file", "; nothing was sent"];
    place.fails(&["put", "run/notes.txt", "run/none", "shared://higgs/"], 3, nothing);
    place.fails(
        &["put", "run/notes.txt", "back/notes.txt", "shared://higgs/"],
        3,
        &["goes to", "notes.txt, too"],
    );
    assert!(!place.succeeds(&["ls", "shared://higgs/"]).contains("notes.txt"), "nothing was sent");
}

#[test]
fn a_workspace_is_a_place_for_files() {
    let Some(place) = Workplace::new("a_workspace_is_a_place_for_files") else { return };
    let Some(service) = service(&place, "a_workspace_is_a_place_for_files") else { return };
    place.example(3000);
    place.write(
        "params.json",
        r#"{"chunk_size": 2000, "epochs": 2, "training": "standard", "seed": 21, "weight": "genWeight"}"#,
    );
    place.fails(&["ls"], 3, &["no hub service is known", "mlaas4hep login"]);
    let (worked, said) = log_in(&place, &service, TOKEN);
    assert!(worked && said.contains("logged in as alice, groups: higgs"), "{said}");
    let (worked, said) = log_in(&place, &service, "another-token");
    assert!(!worked && said.contains("give a new token"), "{said}");
    assert!(place.succeeds(&["ls"]).contains("shared://higgs/"));

    place.succeeds(&["put", "signal.root", "background.root", "shared://higgs/data/"]);
    let listed = place.succeeds(&["ls", "shared://higgs/data/"]);
    assert!(listed.contains("data/background.root") && listed.contains("alice"), "{listed}");
    let far = "shared://higgs/data/signal.root";
    assert_eq!(inspected(&place, far), inspected(&place, "signal.root"));
    let specs = |file: &str| -> Value {
        let printed = place.succeeds(&["specs", file, "--tree=Events", "--json"]);
        serde_json::from_str(&printed).expect("JSON")
    };
    assert_eq!(specs(far)["branches"], specs("signal.root")["branches"]);

    workflow(&place, "signal.root,background.root", "here.mlaas4hep");
    let said = workflow(
        &place,
        "shared://higgs/data/signal.root,shared://higgs/data/background.root",
        "shared://higgs/models/there.mlaas4hep",
    );
    assert!(said.contains("saved the model to shared://higgs/models/there.mlaas4hep"), "{said}");
    let report = place.succeeds(&["ls", "shared://higgs/models/there-report/"]);
    assert!(report.contains("report.json") && report.contains("roc.svg"), "{report}");

    let predict = |model: &str, files: &str, out: &str| {
        place.succeeds(&["predict", "--model", model, "--files", files, "--out", out])
    };
    predict("here.mlaas4hep", "signal.root", "here.csv");
    predict("shared://higgs/models/there.mlaas4hep", "shared://higgs/data/si*.root", "shared://higgs/s.csv");
    place.succeeds(&["get", "shared://higgs/s.csv", "there.csv"]);
    assert!(place.read("here.csv").len() > 10_000);
    assert_eq!(place.read("here.csv"), place.read("there.csv"));

    folders_go_and_come(&place);
    only_what_was_said_is_removed(&place);

    let link = place.succeeds(&["share", "shared://higgs/s.csv", "--days", "1"]);
    assert!(link.contains(service.address()) && link.contains("until "), "{link}");
    place.fails(&["get", "shared://higgs/s.csv", "there.csv"], 4, &["there.csv", "exists"]);
    place.succeeds(&["share", "shared://higgs/", "--user", "carol", "--role", "writer"]);
    let listed = place.succeeds(&["share", "shared://higgs/", "--list"]);
    assert!(listed.contains("carol") && listed.contains("a link to s.csv"), "{listed}");
    let said = place.succeeds(&["share", "shared://higgs/", "--user", "carol", "--take-back"]);
    assert!(said.contains("carol no longer has a right of its own"), "{said}");
    place.fails(
        &["share", "shared://higgs/", "--user", "carol", "--take-back"],
        3,
        &["a right of carol is not there"],
    );
    place.succeeds(&["share", "shared://higgs/s.csv", "--take-back"]);
    place.fails(
        &["share", "shared://higgs/s.csv", "--take-back"],
        3,
        &["a link to shared://higgs/s.csv is not there"],
    );
    place.fails(&["rm", "shared://higgs/none.csv", "shared://higgs/s.csv"], 3, &["none.csv is not there"]);
    place.fails(
        &["get", "shared://higgs/today/params.json", "nowhere/p.json"],
        4,
        &["cannot write nowhere/p.json: its folder is not there"],
    );
    // A link, so that it is no device of the machine that is lost if this fails.
    std::os::unix::fs::symlink("/dev/null", place.path("null")).expect("a link");
    let into_a_device = ["get", "--overwrite", "shared://higgs/today/params.json", "null"];
    place.fails(&into_a_device, 4, &["cannot write null: it is no plain file"]);
    place.fails(&["inspect", "shared://higgs/s.csv"], 3, &["shared://higgs/s.csv is not there"]);
    let gone = place.succeeds(&["rm", "shared://higgs/today/run/*.t?t", "shared://higgs/today/run/plots"]);
    assert!(gone.contains("run/notes.txt: in the trash\n") && gone.contains("run/plots: in the"), "{gone}");
    place.fails(&["rm", "shared://higgs/today/run/*.txt"], 3, &["*.txt is not there"]);
    place.fails(&["inspect", "shared://higgs/data/signl.root"], 3, &["did you mean", "data/signal.root"]);
    place.fails(&["specs", far, "--out=shared://other/specs.json"], 4, &["shared://other"]);
    drop(service);
    place.fails(&["inspect", far], 3, &["does not answer"]);
}

#[test]
fn an_address_without_a_service_is_told() {
    let test = "an_address_without_a_service_is_told";
    let Some(place) = Workplace::new(test) else { return };
    let Some(service) = service(&place, test) else { return };
    let wrong = format!("{}services/other/", service.address());
    let (is_in, said) = log_in_at(&place, &wrong, TOKEN);
    assert!(!is_in && said.contains(&format!("what answers at {wrong} is no hub service")), "{said}");
    assert!(said.contains("check the address"), "{said}");
}

/// A place that knows the service by the environment of a shell.
fn known(place: &Workplace, service: &DevService, arguments: &[&str]) -> std::process::Output {
    let mut command = place.command(arguments);
    command.env("MLAAS4HEP_HUB_URL", service.address()).env("MLAAS4HEP_HUB_TOKEN", TOKEN);
    let output = command.output().expect("the program starts");
    assert!(!crate::program::all_text(&output).contains(TOKEN));
    output
}

#[test]
fn of_several_files_those_that_can_come_come() {
    let test = "of_several_files_those_that_can_come_come";
    let Some(place) = Workplace::new(test) else { return };
    let Some(service) = service(&place, test) else { return };
    let check = |arguments: &[&str], status: i32, words: &[&str]| {
        let output = known(&place, &service, arguments);
        let text = crate::program::all_text(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{text}");
        for word in words {
            assert!(text.contains(word), "{arguments:?} should say `{word}`:\n{text}");
        }
    };
    for (name, text) in [("a.root", "one"), ("b.root", "two"), ("c.root", "three"), ("d.csv", "four")] {
        place.write(name, text);
    }
    check(&["put", "*.root", "d.csv", "shared://higgs/data/"], 0, &["shared://higgs/data/d.csv, version 1"]);
    check(&["get", "shared://higgs/data/*.root", "some"], 0, &["-> some/c.root"]);
    assert!(place.read("some/a.root") == b"one" && place.read("some/b.root") == b"two");
    assert!(!place.path("some/d.csv").exists(), "what does not fit the pattern");
    check(&["get", "shared://higgs/data/*.parquet", "some"], 3, &["*.parquet is not there"]);

    std::fs::create_dir(place.path("back")).expect("a folder");
    place.write("back/b.root", "of this machine");
    let said = ["1 of 4 files did not come through", "back/b.root", "-> back/c.root", "-> back/d.csv"];
    check(&["get", "shared://higgs/data", "back"], 4, &said);
    assert_eq!(place.read("back/b.root"), b"of this machine");
    assert!(place.read("back/a.root") == b"one" && place.read("back/d.csv") == b"four");

    place.write("b.root", "another two");
    let put = ["put", "a.root", "b.root", "c.root", "shared://higgs/data/", "--no-overwrite"];
    check(&put, 4, &["1 of 3 files did not come through", "cannot write shared://higgs/data/b.root"]);
    check(&["get", "shared://higgs/data/b.root", "two.root"], 0, &[]);
    assert_eq!(place.read("two.root"), b"two");
}

#[test]
fn what_contradicts_itself_asks_no_service() {
    let Some(place) = Workplace::new("what_contradicts_itself_asks_no_service") else { return };
    for arguments in [
        ["ls", "shared://higgs/../top"].as_slice(),
        &["login", "hub.example.org/services/mlaas4hep/"],
        &["login", "ftp://hub.example.org/"],
        &["ls", "shared:/higgs"],
        &["get", "shared://", "x"],
        &["put", "x", "shared://higgs/%2e%2e/x"],
        &["put", "x", "higgs/x"],
        &["rm", "shared://a b/x"],
        &["share", "shared://higgs/", "--user", "ann", "--group", "top"],
        &["share", "shared://higgs/a.csv", "--user", "ann"],
        &["share", "shared://higgs/"],
        &["share", "shared://higgs/a.csv", "--role", "writer"],
        &["share", "shared://higgs/", "--user", "ann", "--role", "owner"],
        &["share", "shared://higgs/a.csv", "--days", "31"],
        &["share", "shared://higgs/", "--user", "ann", "--days", "3", "--take-back"],
        &["share", "shared://higgs/", "--list", "--take-back"],
    ] {
        place.fails(arguments, 2, &[]);
    }
    // With what does not contradict itself the service is looked for.
    place.fails(&["share", "shared://higgs/", "--user", "ann"], 3, &["no hub service is known"]);
}

#[test]
fn control_c_ends_what_waits_for_a_silent_service() {
    let Some(place) = Workplace::new("control_c_ends_what_waits_for_a_silent_service") else { return };
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    silent.set_nonblocking(true).expect("a socket");
    let address = format!("http://{}/", silent.local_addr().expect("an address"));
    for arguments in [
        ["ls"].as_slice(),
        &["ls", "shared://higgs/"],
        &["get", "shared://higgs/x", "x"],
        &["rm", "shared://higgs/x"],
        &["inspect", "shared://higgs/x.root"],
    ] {
        let mut command = place.command(arguments);
        command.env("MLAAS4HEP_HUB_URL", &address).env("MLAAS4HEP_HUB_TOKEN", TOKEN);
        let mut child = command.stderr(Stdio::null()).spawn().expect("the program starts");
        let end = Instant::now() + Duration::from_secs(30);
        let _connection = loop {
            match silent.accept() {
                Ok(connection) => break connection,
                Err(_) => assert!(Instant::now() < end, "{arguments:?} asks no service"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let began = Instant::now();
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(130), "{arguments:?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{arguments:?}: {:?}", began.elapsed());
    }
}
