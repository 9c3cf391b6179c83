//! A notebook cell by cell, on real ROOT files, without sockets.

#[path = "integration/book.rs"]
mod book;
#[path = "integration/data.rs"]
mod data;
#[path = "integration/learning.rs"]
mod learning;
#[path = "integration/names.rs"]
mod names;
#[path = "integration/pictures.rs"]
mod pictures;
#[path = "integration/session.rs"]
mod session;

use book::Book;
