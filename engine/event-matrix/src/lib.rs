//! The second pass: events to normalised, padded rows with mask, labels and weights.
