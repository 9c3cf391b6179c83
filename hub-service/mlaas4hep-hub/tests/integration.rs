//! The service as its callers meet it.

mod integration {
    mod pages;
    mod rig;
    mod root_preview;
}
