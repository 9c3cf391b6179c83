//! The shared storage against real databases, real disks and a real bucket.

mod integration {
    mod backup;
    mod changes;
    mod check;
    mod crash;
    mod disk_full;
    mod links;
    mod list;
    mod model;
    mod moves;
    mod objects;
    mod passwords;
    mod postgres;
    mod races;
    mod read;
    mod resumable;
    mod rights;
    mod speed;
    mod stored;
    mod support;
    mod sweep;
    mod trash;
    mod versions;
    mod webdav;
    mod weed;
    mod write;
}
