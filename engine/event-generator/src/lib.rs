//! A seeded generator of signal and background collision events.
