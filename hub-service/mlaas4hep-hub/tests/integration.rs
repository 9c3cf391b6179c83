//! The service as its callers meet it.

mod integration {
    mod browser;
    mod pages;
    mod rig;
    mod root_preview;
}
