//! A disk that is full: a file system of 8 MiB in memory, where the tests may mount one.

use std::{path::PathBuf, process::Command};

use bytes::Bytes;
use workspaces::{Settings, Workspaces, WriteOptions};

use super::support::{alice, get, name, names, path, put, skipped};

/// Unmounted when dropped.
struct SmallDisk(PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A lazy one: the storage may still have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        return skipped("a_full_disk_fails_the_write_and_nothing_else", "no file system can be mounted here");
    }
    let _disk = SmallDisk(folder.path().to_owned());
    let settings = Settings { folder: folder.path().join("store"), ..Settings::default() }.check().unwrap();
    let (s, alice) = (Workspaces::open(&settings).await.unwrap(), alice());
    put(&s, &alice, "higgs", "before", b"1").await;
    let mut upload =
        s.begin_write(&alice, &name("higgs"), &path("big"), WriteOptions::default()).await.unwrap();
    let mut written = Ok(());
    for _ in 0..20 {
        written = upload.append(Bytes::from(vec![1; 1 << 20])).await;
        if written.is_err() {
            break;
        }
    }
    let error = match written {
        Ok(()) => upload.finish(None).await.unwrap_err(),
        Err(error) => {
            upload.abort().await.unwrap();
            error
        }
    };
    assert_eq!((error.code(), error.status()), ("disk_full", 507));
    assert_eq!(error.next_step(), Some("tell the operator that the disk is full"));
    // The room is there again, and all works on.
    put(&s, &alice, "higgs", "after", b"2").await;
    assert_eq!(names(&s, &alice, "higgs").await, ["after", "before"]);
    assert_eq!(get(&s, &alice, "higgs", "before").await.unwrap(), b"1");
    let report = s.check(true).await.unwrap();
    assert!(report.is_sound() && report.n_garbage == 0 && report.n_uploads == 0, "{report:?}");
    s.close().await;
}
