"""How the act classifier is made and judged: written examples in, `models/acts.onnx` and its figures out."""
