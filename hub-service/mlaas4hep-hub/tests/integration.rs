//! The service as its callers meet it.

mod integration {
    mod browser;
    mod browser_session;
    mod client;
    mod dangers;
    mod description;
    mod every_dav_method;
    mod every_page;
    mod every_route;
    mod feed;
    mod files;
    mod gate;
    mod hub_groups;
    mod hub_oauth;
    mod hub_outage;
    mod hub_rig;
    mod iam;
    mod local_files;
    mod object_store;
    mod pages;
    mod pieces;
    mod programs;
    mod real_hub;
    mod resumable;
    mod rig;
    mod root_preview;
    mod schemathesis;
    mod service;
    mod slow;
    mod table;
    mod too_much;
    mod webdav_clients;
    #[path = "../../../workspaces/tests/integration/weed.rs"]
    mod weed;
}
