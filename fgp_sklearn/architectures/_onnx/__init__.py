"""Reader of ONNX models: files, their nodes and shapes, and the table of ONNX operators."""
