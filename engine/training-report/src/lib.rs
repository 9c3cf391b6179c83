//! Numbers about a trained model: ROC, confusion, significance, over-training, importance.
