//! Writes event columns into a ROOT file.
