//! The pages as a browser gets them.

mod integration {
    mod arranged;
    mod assets;
    mod escaping;
    mod notices;
    mod samples;
    mod snapshots;
    mod validity;
}
