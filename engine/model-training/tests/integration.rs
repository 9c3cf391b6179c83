//! Trainings with the real worker. They need the program that `MLAAS4HEP_TORCH` names, and are skipped aloud without.

mod integration {
    mod cancel;
    mod checkpoints;
    mod learning;
    mod predictions;
    mod support;
    mod torchscript;
    mod worker_ends;
}
