//! Batches and checked settings to a trained model; starts and feeds the worker that trains.
