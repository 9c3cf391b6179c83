//! Pages of the service: from answers of the interface to HTML. No server, no storage.
