//! The service as its callers meet it.

mod integration {
    mod root_preview;
}
