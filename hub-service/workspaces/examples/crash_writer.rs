//! Writes, moves, deletes and restores in a folder until it is killed; each thing that was answered is said on standard
//! output. The test of crashes starts it: `crash_writer FOLDER SEED`.
//!
//! A file `wT/fK` of task `T` holds its own name and a counter, repeated; so whoever reads it can tell a mix.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use bytes::Bytes;
use hub_api::{FilePath, MoveOrCopy, PrincipalSource, WorkspaceName};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use workspaces::{Actor, Parents, Preconditions, Settings, Workspaces, WriteOptions};

const N_TASKS: u64 = 4;
const N_FILES: u64 = 5;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("the folder is missing")?);
    let seed: u64 = arguments.next().ok_or("the seed is missing")?.parse()?;
    let settings =
        Settings { folder, keep_garbage_seconds: 0, keep_versions: 3, ..Settings::default() }.check()?;
    let workspaces = Workspaces::open(&settings).await?;
    say("ready")?;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..N_TASKS {
        tasks.spawn(work(workspaces.clone(), task, seed));
    }
    tasks.spawn(async move {
        loop {
            workspaces.sweep().await?;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// One line at a time, at once.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

async fn work(s: Workspaces, task: u64, seed: u64) -> Result<(), AnyError> {
    let actor = Actor {
        name: "writer".to_owned(),
        source: PrincipalSource::Dev,
        groups: vec!["higgs/admins".to_owned()],
        is_admin: false,
        role_ceiling: None,
        capabilities: None,
    };
    let higgs = WorkspaceName::new("higgs")?;
    let mut random = StdRng::seed_from_u64(seed * N_TASKS + task);
    for counter in 0_u64.. {
        let name = format!("w{task}/f{}", random.random_range(0..N_FILES));
        let path = FilePath::new(&name)?;
        match random.random_range(0..10) {
            0 => {
                say(&format!("going {name}"))?;
                match s.delete(&actor, &higgs, &path, &Preconditions::default()).await {
                    Ok(deleted) => {
                        say(&format!("gone {name}"))?;
                        s.delete_for_good(&actor, &higgs, &deleted.id).await?;
                    }
                    Err(error) if error.code() == "not_found" => say(&format!("gone {name}"))?,
                    Err(error) => return Err(error.into()),
                }
            }
            1 => {
                let copy = MoveOrCopy {
                    copy: true,
                    to_workspace: None,
                    to_path: FilePath::new(&format!("copies/{task}"))?,
                    overwrite: true,
                };
                match s.move_or_copy(&actor, &higgs, &path, &copy, Parents::Make).await {
                    Ok(_) => {}
                    Err(error) if error.code() == "not_found" => {}
                    Err(error) => return Err(error.into()),
                }
            }
            // Given up in the middle.
            2 => {
                let mut upload = s.begin_write(&actor, &higgs, &path, WriteOptions::default()).await?;
                upload.append(Bytes::from(vec![0; 100_000])).await?;
            }
            _ => {
                let line = format!("{name} {seed} {counter}\n");
                let content = line.repeat(random.random_range(1..20_000));
                let size_bytes = Some(content.len() as u64);
                say(&format!("will {name} {seed} {counter}"))?;
                let options = WriteOptions { size_bytes, ..WriteOptions::default() };
                let mut upload = s.begin_write(&actor, &higgs, &path, options).await?;
                upload.append(Bytes::from(content)).await?;
                upload.finish(None).await?;
                say(&format!("done {name} {seed} {counter}"))?;
            }
        }
    }
    Ok(())
}
