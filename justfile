# Short names for the commands in scripts/ and for daily work.

# Everything on real input: set up, generate, train, report, predict.
start:
    scripts/start

# Everything that must pass.
test:
    scripts/test

# The quick checks of one crate: just check root-file
check crate:
    cargo fmt -p {{crate}} --check
    cargo clippy --release -p {{crate}} --all-targets -- -D warnings
    cargo test --release -p {{crate}}

# The comparison with uproot and RDataFrame.
bench:
    engine/bench/compare

# One million executions of a fuzz target (root_file, root_file_edits, specs, selection, headers): just fuzz root_file
fuzz target:
    fuzz/run {{target}}
