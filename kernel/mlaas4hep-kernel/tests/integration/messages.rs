//! The kernel under a front end that plays the protocol.

use crate::kernel;
use kernel_testing::{Channel, FrontEnd, Start};
use serde_json::json;

fn start() -> FrontEnd {
    FrontEnd::start(Start::of(kernel()).started_by(&["run", "--no-history", "--no-rust", "-f"]))
}

#[test]
fn an_error_has_a_cause_and_a_next_step_and_the_kernel_goes_on() {
    let mut front_end = start();
    let request = front_end.execute("%hits MET_pt");
    let reply = front_end.expect_reply(&request, "execute_reply");
    assert_eq!(reply["status"], "error");
    assert_eq!(reply["ename"], "UnknownMagic");
    assert!(reply["evalue"].as_str().unwrap().contains("Did you mean %hist"));
    let request = front_end.execute("%pwd");
    assert_eq!(front_end.expect_reply(&request, "execute_reply")["status"], "ok");
    front_end.skip_outputs();
}

#[test]
fn what_would_go_over_the_limit_of_the_server_is_refused_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    crate::write_events(&folder.path().join("signal.root"), 60_000);
    std::fs::write(path("large.csv"), "x,y,z\n".to_string() + &"1.25,2.5,3.75\n".repeat(3_000_000)).unwrap();
    let start = Start::of(kernel()).started_by(&["run", "--no-history", "--no-rust", "-f"]);
    let start = start.with_variable("MEM_LIMIT", "60000000").with_variable("MLAAS4HEP_TORCH", "/bin/true");
    let mut front_end = FrontEnd::start(start);
    let mut run = |code: &str| {
        let request = front_end.execute(code);
        let reply = front_end.expect_reply(&request, "execute_reply");
        front_end.skip_outputs();
        (
            reply["ename"].as_str().unwrap_or("ok").to_string(),
            reply["evalue"].as_str().unwrap_or("").to_string(),
        )
    };
    assert_eq!(run(&format!("%open {}", path("signal.root"))).0, "ok");
    let (name, message) = run(&format!("%open {}", path("large.csv")));
    assert_eq!(name, "MemoryError", "{message}");
    assert!(message.contains("of the 60.0 MB of this server (MEM_LIMIT)"), "{message}");
    assert_eq!(run("%cut MET_pt > 1000000 --quiet").0, "ok");
    let (name, message) = run("%show");
    assert_eq!(name, "MemoryError", "{message}");
    assert_eq!(run("%cut --undo").0, "ok");
    assert_eq!(run("%%model\ndense 4 relu").0, "ok");
    let (name, message) = run("%train --label-branch nJet");
    assert_eq!(name, "MemoryError", "{message}");
    for code in ["%show MET_pt", "%hist MET_pt", "%memory"] {
        let (name, message) = run(code);
        assert_eq!(name, "ok", "{code}: {message}");
    }
}

#[test]
fn a_column_of_a_rust_cell_is_a_branch_for_cuts_pictures_and_training() {
    let test = "a_column_of_a_rust_cell_is_a_branch_for_cuts_pictures_and_training";
    if !crate::has_rust_cells(test) {
        return;
    }
    crate::rust_seed();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for name in ["one.root", "two.root"] {
        crate::write_signal(&folder.path().join(name));
    }
    let start = Start::of(kernel()).started_by(&["run", "--no-history", "-f"]);
    let seed = crate::seed_folder().display().to_string();
    let mut front_end = FrontEnd::start(start.with_variable("MLAAS4HEP_RUST_SEED", seed));
    let mut run = |code: &str| {
        let request = front_end.execute(code);
        let mut text = String::new();
        loop {
            let message = front_end.next(Channel::Iopub);
            text.push_str(message.content["text"].as_str().unwrap_or_default());
            text.push_str(message.content["data"]["text/plain"].as_str().unwrap_or_default());
            if message.msg_type == "status" && message.content["execution_state"] == "idle" {
                break;
            }
        }
        let reply = front_end.expect_reply(&request, "execute_reply");
        text.push_str(reply["evalue"].as_str().unwrap_or_default());
        text
    };
    run(&format!("%dataset one={} two={}", path("one.root"), path("two.root")));
    run("%cut MET_pt > 30 --quiet");
    // The engine has a minute and more to start.
    let put = |sample: &str| {
        format!(
            "let name = format!(\"{{}}\", \"{sample}\");\nlet twice: Vec<f32> = mlaas4hep::table(&name)?.values::<f32>(\"MET_pt\")?.iter().map(|met| 2.0 * met).collect();\nmlaas4hep::put_branch(&name, \"twice\", &twice)?"
        )
    };
    for sample in ["one", "two"] {
        let said = run(&put(sample));
        assert!(!said.contains("error") && !said.contains("values where"), "{said}");
    }
    let flow = run("%cut twice > 59.9");
    assert!(flow.contains("100.00"), "every event that passed has twice as much: {flow}");
    assert!(run("%hist twice").contains("twice"));
    let said = run("mlaas4hep::put_branch(\"one\", \"short\", vec![1.0_f32])?");
    assert!(said.contains("branch short has 1 values where"), "{said}");
    let said = run("mlaas4hep::put_branch(\"won\", \"x\", vec![1.0_f32])?");
    assert!(said.contains("there is no sample `won`"), "{said}");
    let said = run(
        "println!(\"{}\", mlaas4hep::table(\"one\")?.values::<f32>(\"twice\")?.iter().all(|twice| *twice > 59.9));",
    );
    assert!(said.contains("true"), "{said}");
    if std::env::var_os("MLAAS4HEP_TORCH").is_some() {
        run("%select twice");
        run("%%model\ndense 4 relu");
        let said = run("%train --epochs 1");
        assert!(said.contains("epoch 1"), "{said}");
    } else {
        crate::skipped(test, "MLAAS4HEP_TORCH is not set, so nothing was trained");
    }
}

#[test]
fn completion_and_inspection_answer_while_a_cell_runs() {
    let mut front_end = start();
    let sleeping = front_end.execute("!echo runs; sleep 30");
    // An interrupt before it runs would be none.
    while front_end.next(Channel::Iopub).content["text"] != "runs\n" {}
    let request =
        front_end.send(Channel::Shell, "complete_request", json!({ "code": "%his", "cursor_pos": 4 }));
    let reply = front_end.expect_reply(&request, "complete_reply");
    assert_eq!(reply["matches"], json!(["%hist", "%hist2d"]));
    let request = front_end.send(
        Channel::Shell,
        "inspect_request",
        json!({ "code": "%hist", "cursor_pos": 3, "detail_level": 0 }),
    );
    assert_eq!(front_end.expect_reply(&request, "inspect_reply")["found"], true);
    let interrupt = front_end.send(Channel::Control, "interrupt_request", json!({}));
    front_end.expect_reply_on(Channel::Control, &interrupt, "interrupt_reply");
    assert_eq!(front_end.expect_reply(&sleeping, "execute_reply")["ename"], "Interrupted");
    front_end.skip_outputs();
}
