//! `WebDAV` against real clients, and against requests that no client sends.

mod integration {
    mod clients;
    mod files;
    mod litmus;
    mod names;
    mod parts;
    mod propfind;
    mod refusals;
    mod speed;
    mod support;
}
