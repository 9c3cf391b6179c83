//! What ends or interrupts a kernel from outside: signals, and the death of the process that started it.

use crate::kernel::Kernel;
use crate::sockets::control;
use rustix::process::{Pid, getppid, test_kill_process};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// How often the parent is looked for.
const CHECK: Duration = Duration::from_secs(1);

/// SIGINT interrupts the cell, as `interrupt_request` does; old front ends send nothing else.
pub(crate) async fn interrupt_on_sigint(kernel: Arc<Kernel>) {
    match signal(SignalKind::interrupt()) {
        Ok(mut signals) => {
            while signals.recv().await.is_some() {
                control::interrupt(&kernel).await;
            }
        }
        Err(error) => log::warn!("SIGINT will end the kernel: {error}"),
    }
}

/// Resolves with SIGTERM.
pub(crate) async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => {
            log::warn!("SIGTERM will end the kernel without a goodbye: {error}");
            std::future::pending::<()>().await;
        }
    }
}

/// Resolves when the process of `JPY_PARENT_PID` is gone; never where there is no such process from the start, as
/// in a container of its own.
pub(crate) async fn parent_gone() {
    let said = std::env::var("JPY_PARENT_PID").ok().and_then(|id| id.parse().ok());
    let Some(parent) = said.and_then(Pid::from_raw).filter(|id| is_alive(*id)) else {
        return std::future::pending().await;
    };
    let is_child = getppid() == Some(parent);
    // A child whose parent is gone gets another one, even where the old number is used again.
    while is_alive(parent) && (!is_child || getppid() == Some(parent)) {
        sleep(CHECK).await;
    }
    log::info!("the process {parent} that started this kernel is gone");
}

fn is_alive(id: Pid) -> bool {
    match test_kill_process(id) {
        Ok(()) | Err(rustix::io::Errno::PERM) => true,
        Err(_) => false,
    }
}
