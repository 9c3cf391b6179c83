//! kill -9 at random moments under load, and then a check: nothing lost, nothing half visible, nothing leaked.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use workspaces::{Settings, Workspaces};

use super::support::{actor, get, name, names};

const N_KILLS: u64 = 12;

/// What the writer said of a file.
#[derive(Clone, Debug, Default)]
struct Said {
    /// The last content, or none, that was answered.
    answered: Option<String>,
    /// Contents that were begun after it.
    begun: Vec<String>,
    /// A deletion was begun after it.
    is_going: bool,
}

fn writer() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/release/deps/integration-... -> target/release/examples/crash_writer
    test.parent().unwrap().parent().unwrap().join("examples/crash_writer")
}

/// Runs the writer for a while and kills it; gives what it said.
fn run_and_kill(folder: &Path, seed: u64, milliseconds: u64) -> Vec<String> {
    let mut child = Command::new(writer())
        .arg(folder)
        .arg(seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example crash_writer is built with the tests");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    std::thread::sleep(Duration::from_millis(milliseconds));
    // SIGKILL, on Unix.
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

fn take(said: &mut HashMap<String, Said>, lines: &[String]) {
    for line in lines {
        let words: Vec<_> = line.splitn(2, ' ').collect();
        // The last line may be torn.
        let [what, rest] = words[..] else { continue };
        let file = rest.split(' ').next().unwrap().to_owned();
        let is_whole = what.starts_with("go") || rest.split(' ').count() == 3;
        let of = said.entry(file).or_default();
        match what {
            "will" if is_whole => of.begun.push(rest.to_owned()),
            "done" if is_whole => {
                *of = Said { answered: Some(rest.to_owned()), begun: Vec::new(), is_going: false }
            }
            "going" => of.is_going = true,
            "gone" => *of = Said::default(),
            _ => {}
        }
    }
}

#[tokio::test]
async fn killed_at_any_moment_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let settings =
        Settings { folder: store.clone(), keep_garbage_seconds: 0, ..Settings::default() }.check().unwrap();
    let chief = actor("chief", &["higgs/admins"]);
    let mut said = HashMap::new();
    let mut n_done = 0;
    for seed in 0..N_KILLS {
        let lines = run_and_kill(&store, seed, 60 + seed * 137 % 700);
        n_done += lines.iter().filter(|line| line.starts_with("done")).count();
        take(&mut said, &lines);
        let s = Workspaces::open(&settings).await.unwrap();
        let report = s.check(true).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(s.quota(&chief, &name("higgs")).await.unwrap().reserved_bytes, 0);
        check_contents(&s, &chief, &mut said).await;
        s.sweep().await.unwrap();
        s.sweep().await.unwrap();
        let report = s.check(true).await.unwrap();
        assert_eq!((report.n_problems, report.n_garbage, report.n_uploads), (0, 0, 0), "{report:?}");
        s.close().await;
    }
    assert!(n_done > 20, "only {n_done} writes were answered: the test says little");
}

/// Every file is whole, and is what was answered last, or something that was begun after it.
async fn check_contents(s: &Workspaces, chief: &workspaces::Actor, said: &mut HashMap<String, Said>) {
    let there = names(s, chief, "higgs").await;
    for file in there.iter().filter(|file| file.contains("/f")) {
        let content = String::from_utf8(get(s, chief, "higgs", file).await.unwrap()).unwrap();
        let line = content.lines().next().unwrap().to_owned();
        assert!(content.lines().all(|other| other == line) && content.ends_with('\n'), "a mix in {file}");
        let of = said.get(file).expect("a file that nobody wrote");
        let is_known = of.answered.as_ref() == Some(&line) || of.begun.contains(&line);
        assert!(is_known, "{file} holds {line}, but {of:?} was said");
    }
    for (file, of) in said.iter_mut() {
        let is_lost = of.answered.is_some() && !of.is_going && !there.contains(file);
        assert!(!is_lost, "{file} is lost: {of:?}");
        let now = if there.contains(file) { get(s, chief, "higgs", file).await.unwrap() } else { Vec::new() };
        let line = String::from_utf8(now).unwrap().lines().next().map(str::to_owned);
        *of = Said { answered: line, begun: Vec::new(), is_going: false };
    }
}
