//! What training leaves: ONNX graph, specs, selection and signature in one file; predict with tract.
