//! What the pipeline and a training worker say to each other, and the shared-memory ring.
