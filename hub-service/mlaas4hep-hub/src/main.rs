//! The service beside JupyterHub.

fn main() {}
