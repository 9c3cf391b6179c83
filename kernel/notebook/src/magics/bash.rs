//! `%bash`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use jupyter_kernel::Output;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "bash",
    aliases: &["sh"],
    form: Form::Both,
    group: Group::Session,
    summary: "Run a shell script; !COMMAND does the same for one line.",
    details: "",
    free: Free::Text { name: "COMMAND", kind: ValueKind::File, is_needed: false },
    options: &[],
    examples: &["%%bash\nls -l *.root"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let script = super::define::said(call);
    let mut command = Command::new("bash");
    command.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Tokens are for the kernel; a script that prints its environment must not show them.
    for name in secrets::variables() {
        command.env_remove(name);
    }
    command.envs(&context.session.environment);
    let mut child = command.spawn().map_err(|error| {
        MagicError::new("ShellError", format!("cannot start bash: {error}"))
            .advise("Scripts need bash on this machine; magics work without it.")
    })?;
    let out = child.stdout.take().map(|pipe| forward(pipe, context.output.clone(), Output::stdout));
    let err = child.stderr.take().map(|pipe| forward(pipe, context.output.clone(), Output::stderr));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if context.output.is_interrupted() {
            child.kill()?;
            child.wait()?;
            return Err(MagicError::interrupted("the script was stopped"));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    for thread in [out, err].into_iter().flatten() {
        // A thread that panicked has shown less; the script's status is what counts.
        let _ = thread.join();
    }
    if status.success() {
        return Ok(());
    }
    Err(MagicError::new("ShellError", format!("the script ended with {status}"))
        .advise("What it said stands above."))
}

fn forward(mut pipe: impl Read + Send + 'static, output: Output, show: fn(&Output, &str)) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 8192];
        let mut rest: Vec<u8> = Vec::new();
        while let Ok(n_bytes) = pipe.read(&mut buffer) {
            if n_bytes == 0 {
                break;
            }
            rest.extend_from_slice(&buffer[..n_bytes]);
            // A letter of several bytes may be cut by the end of the buffer.
            let whole = match std::str::from_utf8(&rest) {
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                _ => rest.len(),
            };
            show(&output, &String::from_utf8_lossy(&rest[..whole]));
            rest.drain(..whole);
        }
        show(&output, &String::from_utf8_lossy(&rest));
    })
}
