//! A service that does not answer or does not want the token: what the notebook says then, and what it never shows.

use crate::workspaces::{TOKEN, run, service, service_program, start, start_with};
use hub_testing::{HubService, Person};
use kernel_testing::{Channel, FrontEnd};
use serde_json::json;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// A connection, once somebody makes one.
fn accepted(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        match listener.accept() {
            Ok((connection, _)) => return connection,
            Err(_) => assert!(Instant::now() < end, "nobody asked the service"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_interrupt_ends_what_waits_for_a_silent_service() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut front_end = start(folder.path(), &format!("http://{}/", silent.local_addr().unwrap()));
    let put = format!("%put \"{}\" shared://higgs/", folder.path().join("a.csv").display());
    for code in [
        "%ls shared://higgs/",
        "%get shared://higgs/a.csv",
        "%get shared://higgs/*.csv",
        "%hub",
        "%share shared://higgs/ --list",
        &put,
        "%open shared://higgs/a.csv",
    ] {
        let request = front_end.execute(code);
        // It waits now; an interrupt before it runs would be none.
        let _connection = accepted(&silent);
        let began = Instant::now();
        let interrupt = front_end.send(Channel::Control, "interrupt_request", json!({}));
        front_end.expect_reply_on(Channel::Control, &interrupt, "interrupt_reply");
        let reply = front_end.expect_reply(&request, "execute_reply");
        assert_eq!(reply["ename"], "Interrupted", "{code}: {reply}");
        assert!(began.elapsed() < Duration::from_secs(2), "{code}: {:?}", began.elapsed());
        front_end.skip_outputs();
    }
}

/// A kernel in a notebook server of the hub.
fn in_a_server(folder: &Path, service: &HubService, token: &str) -> FrontEnd {
    start_with(
        folder,
        &[
            ("JUPYTERHUB_API_TOKEN", token),
            ("JUPYTERHUB_BASE_URL", "/"),
            ("JUPYTERHUB_HOST", &service.host()),
        ],
    )
}

#[test]
fn a_token_that_does_not_hold_is_said_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let Some(program) = service_program("a_token_that_does_not_hold_is_said_with_its_cure") else { return };
    let service = HubService::start(&program, &folder.path().join("service"));
    let refused = |action: &str| {
        format!(
            "cannot {action}: the token is unknown, expired or taken back; stop this notebook server and start it again \
             (File > Hub Control Panel): a new server gets a new token"
        )
    };
    let without_scope = |action: &str| {
        format!(
            "cannot {action}: the token lacks a scope (the token of alice does not open this service: it lacks the scope \
             access:services!service=mlaas4hep); the operator of the hub must add \
             \"access:services!service=mlaas4hep\" to c.Spawner.server_token_scopes; then stop this notebook server and \
             start it again"
        )
    };
    let check = |token: &str, words: &dyn Fn(&str) -> String| {
        let mut front_end = in_a_server(folder.path(), &service, token);
        for (code, action) in [
            ("%hub", "ask who you are"),
            ("%ls shared://higgs/", "look at shared://higgs/"),
            ("%get shared://higgs/a.csv", "look at shared://higgs/a.csv"),
            ("%share shared://higgs/ --list", "list the grants of higgs"),
        ] {
            let shown = run(&mut front_end, code);
            assert_eq!(shown.error(), ("HubError", words(action).as_str()), "{code}");
        }
        for code in
            ["%open shared://higgs/a.csv", "%run shared://higgs/a.txt", "%load shared://higgs/a.mlaas4hep"]
        {
            let shown = run(&mut front_end, code);
            let (_, said) = shown.error();
            let cure = words("").split_once(';').unwrap().1.to_string();
            assert!(said.contains(&cure), "{code}: {said}");
        }
    };
    check(TOKEN, &refused);
    // Another one, which the service has not met: that the first is none it remembers for a while.
    let token = format!("{TOKEN}-here");
    service.hub().add(&token, Person { scopes: Vec::new(), ..Person::user("alice", &["higgs"]) });
    check(&token, &without_scope);
}

/// What shows the variables of the kernel, and errors of the service: the token is replaced in all of it.
#[test]
fn no_message_holds_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "no_message_holds_the_token") else { return };
    let mut front_end = start(folder.path(), service.address());
    // Every message is looked through; these would be the first to hold it.
    for code in [
        "%env",
        "%env MLAAS4HEP_HUB_TOKEN",
        "!tr '\\0' '\\n' < /proc/$PPID/environ",
        "%%bash\ntr '\\0' '\\n' < /proc/$PPID/environ >&2",
    ] {
        let shown = run(&mut front_end, code);
        let all = format!("{}{}{}", shown.text, shown.errors, shown.reply);
        assert!(all.contains("(not shown)"), "{code}: {all}");
    }
    for code in
        ["%hub", "%ls shared://higgs/none", "%get shared://higgs/none", "%open shared://higgs/none.root"]
    {
        run(&mut front_end, code);
    }
    for msg_type in ["complete_request", "inspect_request"] {
        let asked = json!({ "code": "%env MLAAS4HEP_HUB_TO", "cursor_pos": 21, "detail_level": 1 });
        let request = front_end.send(Channel::Shell, msg_type, asked);
        front_end.expect_reply(&request, &msg_type.replace("request", "reply"));
    }
    front_end.skip_outputs();
}
