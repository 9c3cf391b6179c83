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

/// A storage on a disk of 8 MiB; `None` where none can be mounted.
fn on_small_disk(
    test: &str,
    folder: &std::path::Path,
    keep_free_bytes: u64,
) -> Option<(SmallDisk, workspaces::CheckedSettings)> {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        skipped(test, "no file system can be mounted here");
        return None;
    }
    let settings = Settings { folder: folder.join("store"), keep_free_bytes, ..Settings::default() };
    Some((SmallDisk(folder.to_owned()), settings.check().unwrap()))
}

#[tokio::test]
async fn uploads_leave_room_for_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let small = on_small_disk("uploads_leave_room_for_the_database", folder.path(), 3 << 20);
    let Some((_disk, settings)) = small else { return };
    let (s, alice, higgs) = (Workspaces::open(&settings).await.unwrap(), alice(), name("higgs"));
    let announced = WriteOptions { size_bytes: Some(6 << 20), ..WriteOptions::default() };
    let refused = s.begin_write(&alice, &higgs, &path("big"), announced).await.err().unwrap();
    assert_eq!((refused.code(), refused.status()), ("disk_full", 507), "before a byte was sent");
    let mut n_written = 0;
    loop {
        let (file, bytes) = (format!("file-{n_written}"), vec![n_written; 300_000]);
        let any = workspaces::Preconditions::default();
        match super::support::try_put(&s, &alice, "higgs", &file, &bytes, any).await {
            Ok(_) => n_written += 1,
            Err(error) => break assert_eq!(error.code(), "disk_full"),
        }
    }
    assert!(n_written > 3, "{n_written}");
    // It works on: what is there can be read and deleted, and the service starts again.
    s.delete(&alice, &higgs, &path("file-0"), &workspaces::Preconditions::default()).await.unwrap();
    s.close().await;
    drop(s);
    let s = Workspaces::open(&settings).await.unwrap();
    assert_eq!(get(&s, &alice, "higgs", "file-1").await.unwrap(), vec![1; 300_000]);
    s.make_folder(&alice, &higgs, &path("folder"), workspaces::Parents::Make).await.unwrap();
    assert!(s.check(true).await.unwrap().is_sound());
    s.close().await;
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let small = on_small_disk("a_full_disk_fails_the_write_and_nothing_else", folder.path(), 0);
    let Some((_disk, settings)) = small else { return };
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
    // A resumable one says the same, and keeps what came.
    let announced = WriteOptions { size_bytes: Some(20 << 20), ..WriteOptions::default() };
    let begun = s.create_upload(&alice, &name("higgs"), &path("big"), announced).await.unwrap();
    let blocks = (0..20).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![1; 1 << 20])));
    let blocks = futures_util::stream::iter(blocks);
    let error = s.append_upload(&alice, &begun.id, 0, blocks).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("disk_full", 507));
    assert!(s.upload_status(&alice, &begun.id).await.unwrap().offset > 1 << 20);
    s.abort_upload(&alice, &begun.id).await.unwrap();
    // The room is there again, and all works on.
    put(&s, &alice, "higgs", "after", b"2").await;
    assert_eq!(names(&s, &alice, "higgs").await, ["after", "before"]);
    assert_eq!(get(&s, &alice, "higgs", "before").await.unwrap(), b"1");
    let report = s.check(true).await.unwrap();
    assert!(report.is_sound() && report.n_garbage == 0 && report.n_uploads == 0, "{report:?}");
    s.close().await;
}
