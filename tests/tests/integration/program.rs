//! The program `mlaas4hep` as a user runs it, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Where the programs of this build lie: two folders above the test.
pub(crate) fn built(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    Some(test.parent()?.parent()?.join(name)).filter(|path| path.is_file())
}

/// A folder to work in, and the program.
pub(crate) struct Workplace {
    folder: TempDir,
    program: PathBuf,
}

impl Workplace {
    /// None, with a line that says so, where the programs were not built (`scripts/test` builds them).
    pub(crate) fn new(test: &str) -> Option<Self> {
        let (Some(program), Some(_)) = (built("mlaas4hep"), built("mlaas4hep-torch")) else {
            eprintln!("SKIPPED: {test}: mlaas4hep and mlaas4hep-torch are not built");
            return None;
        };
        Some(Self { folder: tempfile::tempdir().expect("a temporary folder"), program })
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file can be written");
    }

    /// Reads a file of the folder.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a JSON file of the folder.
    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder can be listed");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Copies the example and makes its events.
    pub(crate) fn example(&self, n_events: u32) {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/signal-and-background");
        for name in ["files.txt", "labels.txt", "model.json", "params.json", "preproc.json", "selection.txt"]
        {
            std::fs::copy(example.join(name), self.path(name)).expect("the example is there");
        }
        self.succeeds(&["generate", "--events", &n_events.to_string(), "--seed", "7"]);
    }

    /// The program with these arguments, to be started in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).env_remove("MLAAS4HEP_TORCH");
        // A login of whoever runs the tests is none of theirs.
        command.env("MLAAS4HEP_CONFIG", self.path(".config"));
        for name in ["MLAAS4HEP_HUB_URL", "MLAAS4HEP_HUB_TOKEN", "JUPYTERHUB_API_TOKEN"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs the program, which must succeed; returns what it printed.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}\n{}", all_text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs the program, which must end with this status and these words on standard error.
    pub(crate) fn fails(&self, arguments: &[&str], status: i32, words: &[&str]) {
        let output = self.run(arguments);
        let text = all_text(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{text}");
        let said = String::from_utf8_lossy(&output.stderr);
        for word in words {
            assert!(said.contains(word), "{arguments:?} should say `{word}`:\n{text}");
        }
        assert!(!text.contains("panicked"), "{arguments:?}\n{text}");
    }

    /// Runs a program of `tests/python` with the peers; None, with a line that says so, where they are not installed.
    pub(crate) fn python(&self, test: &str, program: &str, arguments: &[&str]) -> Option<serde_json::Value> {
        let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
            eprintln!("SKIPPED: {test}: MLAAS4HEP_TEST_PYTHON is not set");
            return None;
        };
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(program);
        let output = Command::new(python)
            .arg(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("Python starts");
        assert!(output.status.success(), "{}", all_text(&output));
        Some(
            serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|error| panic!("{error}: {}", all_text(&output))),
        )
    }
}

/// Everything that a program printed.
pub(crate) fn all_text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}
