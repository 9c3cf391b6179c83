//! What a cell writes: one process for each case, because a worker is known by its environment.
#![expect(clippy::print_stdout, reason = "the tests stand for cells, which print")]

use std::process::Command;

use mlaas4hep::{Histogram, channel::MARK};

/// Runs the test `name` of this program as a worker, and gives what it wrote.
fn as_worker(name: &str, input: &str, store: Option<&std::path::Path>) -> String {
    use std::io::Write as _;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    match store {
        Some(store) => command.env("MLAAS4HEP_STORE", store),
        None => command.env_remove("MLAAS4HEP_STORE"),
    };
    let mut worker = command.spawn().unwrap();
    worker.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = worker.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "run by the test below, as a worker"]
fn worker_that_shows() {
    mlaas4hep::print!("no end of line");
    mlaas4hep::show(&mlaas4hep::html("<b>\"x\"</b>\n"));
    mlaas4hep::show_as("a", &mlaas4hep::text("one"));
    mlaas4hep::update("a", &mlaas4hep::text("two"));
    for done in 0..=1000 {
        mlaas4hep::progress(done, 1000, "reading");
    }
    println!("last line");
}

#[test]
fn messages_stand_between_what_is_printed() {
    let store = tempfile::tempdir().unwrap();
    let output = as_worker("worker_that_shows", "", Some(store.path()));
    let first = format!(
        "no end of line{MARK}{{\"display\":{{\"text/html\":\"<b>\\\"x\\\"</b>\\n\",\"text/plain\":\"(HTML)\"}},\"update\":false}}\n\
         {MARK}{{\"display\":{{\"text/plain\":\"one\"}},\"id\":\"a\",\"update\":false}}\n\
         {MARK}{{\"display\":{{\"text/plain\":\"two\"}},\"id\":\"a\",\"update\":true}}\n"
    );
    assert!(output.contains(&first), "{output}");
    let bars: Vec<&str> = output.lines().filter(|line| line.contains("\"progress\"")).collect();
    assert!((2..10).contains(&bars.len()), "a thousand calls within a moment: {}", bars.len());
    assert!(
        bars.last().unwrap().ends_with("\"done\":1000,\"total\":1000,\"text\":\"reading\"}}"),
        "{output}"
    );
    assert!(output.contains("\nlast line\n"));
}

#[test]
fn outside_a_notebook_the_text_is_printed() {
    let output = as_worker("worker_that_shows", "", None);
    assert!(!output.contains(MARK), "{output}");
    assert!(output.contains("no end of line(HTML)\none\ntwo\n"), "{output}");
}

#[test]
#[ignore = "run by the test below, as a worker"]
fn worker_that_hands_back() {
    let name = mlaas4hep::input("which: name?\n").unwrap();
    let none = mlaas4hep::password("secret").unwrap_err();
    println!("{none}");
    mlaas4hep::put(&name, vec![1.5_f32, 2.5]).unwrap();
    mlaas4hep::put("jets", vec![vec![1_u8], vec![]]).unwrap();
    println!(
        "{:?} {:?}",
        mlaas4hep::tables().unwrap(),
        mlaas4hep::table(&name).unwrap().values::<f32>(&name).unwrap()
    );
}

#[test]
fn input_and_put_go_to_the_kernel_and_back() {
    let store = tempfile::tempdir().unwrap();
    let answers = [Ok("pt é"), Err("the front end has no keyboard")].map(mlaas4hep::encode_answer).join("\n");
    let output = as_worker("worker_that_hands_back", &format!("{answers}\n"), Some(store.path()));
    let prompt = output.split_once("EVCXR_INPUT_REQUEST:").unwrap().1.lines().next().unwrap();
    assert_eq!(
        mlaas4hep::decode_request(prompt),
        Some(mlaas4hep::Request::Line("which: name?\n".to_string()))
    );
    assert!(output.contains("EVCXR_INPUT_REQUEST_PASSWORD:"), "{output}");
    assert!(output.contains("\nno input: the front end has no keyboard\n"), "{output}");
    assert!(
        output.contains(&format!("{MARK}{{\"put\":\"pt é\"}}\n{MARK}{{\"put\":\"jets\"}}\n")),
        "{output}"
    );
    assert!(output.contains("[\"jets\", \"pt é\"] [1.5, 2.5]\n"), "{output}");
}

#[test]
fn values_that_end_a_cell_show_themselves_once() {
    use mlaas4hep::LastValue as _;
    // The method of the value goes before that of the trait: a type that both have would be ambiguous otherwise.
    let histogram = Histogram::new("x", 2, 0.0, 1.0);
    let by_method: fn(&Histogram) = Histogram::evcxr_display;
    by_method(&histogram);
    histogram.evcxr_display();
    ().evcxr_display();
    (1 + 1).evcxr_display();
    "text".evcxr_display();
}
