//! Writes an ONNX graph node by node.

use super::messages::{
    AttributeProto, AttributeType, DataType, Dimension, DimensionSize, GraphProto, NodeProto, TensorProto,
    TensorShapeProto, TensorType, TypeProto, ValueInfoProto,
};

/// A graph that grows from the inputs to the output. Values are known by their names: an input has the name
/// of its branch, anything else the name of its role after a slash, such as `/layer_2/gemm`. Inputs are added
/// first, for a role gives way to a branch of the same name.
#[derive(Default)]
pub(super) struct GraphWriter {
    graph: GraphProto,
}

/// A setting of a node.
pub(super) enum Attribute {
    Int(&'static str, i64),
    Float(&'static str, f32),
}

impl GraphWriter {
    /// Adds an input. Where a name is used twice, ONNX refuses the graph; names of branches are unique.
    pub(super) fn input(&mut self, name: &str, element: DataType, shape: &[DimensionSize], doc_string: &str) {
        self.graph.input.push(value_info(name, element, shape, doc_string));
    }

    /// Adds a node with one output and returns the output's name.
    pub(super) fn node(
        &mut self,
        operator: &str,
        role: &str,
        inputs: &[&str],
        attributes: &[Attribute],
    ) -> String {
        let output = self.value_name(role);
        self.named_node(operator, &output, inputs, attributes);
        output
    }

    /// Adds the node whose output is the graph's, under the wanted name, and returns the name it got: with an
    /// underscore more where a branch has that name already.
    pub(super) fn output(
        &mut self,
        operator: &str,
        wanted_name: &str,
        inputs: &[&str],
        attributes: &[Attribute],
        shape: &[DimensionSize],
    ) -> String {
        let name = self.free_name(wanted_name.to_string());
        self.named_node(operator, &name, inputs, attributes);
        self.graph.output.push(value_info(&name, DataType::Float, shape, ""));
        name
    }

    /// Adds a constant of 32-bit floats and returns its name.
    pub(super) fn floats(&mut self, role: &str, dims: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, DataType::Float, dims, bytes)
    }

    /// Adds a constant of 64-bit floats and returns its name.
    pub(super) fn doubles(&mut self, role: &str, dims: &[usize], values: &[f64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, DataType::Double, dims, bytes)
    }

    /// Adds a constant list of 64-bit integers and returns its name.
    pub(super) fn integers(&mut self, role: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(role, DataType::Int64, &[values.len()], bytes)
    }

    /// The finished graph.
    pub(super) fn finish(mut self, name: &str, doc_string: String) -> GraphProto {
        self.graph.name = name.to_string();
        self.graph.doc_string = doc_string;
        self.graph
    }

    fn value_name(&self, role: &str) -> String {
        self.free_name(format!("/{role}"))
    }

    /// The name, with underscores until no input has it.
    fn free_name(&self, mut name: String) -> String {
        while self.graph.input.iter().any(|input| input.name == name) {
            name.push('_');
        }
        name
    }

    fn named_node(&mut self, operator: &str, output: &str, inputs: &[&str], attributes: &[Attribute]) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![output.to_string()],
            name: format!("{output}:{operator}"),
            op_type: operator.to_string(),
            attribute: attributes.iter().map(attribute).collect(),
        });
    }

    fn constant(&mut self, role: &str, element: DataType, dims: &[usize], raw_data: Vec<u8>) -> String {
        let name = self.value_name(role);
        self.graph.initializer.push(TensorProto {
            dims: dims.iter().map(|&dim| dim as i64).collect(),
            data_type: element.into(),
            name: name.clone(),
            raw_data,
        });
        name
    }
}

/// A dimension of a fixed size.
pub(super) fn fixed(size: usize) -> DimensionSize {
    DimensionSize::Fixed(size as i64)
}

/// A dimension that differs from call to call.
pub(super) fn named(name: &str) -> DimensionSize {
    DimensionSize::Named(name.to_string())
}

fn attribute(attribute: &Attribute) -> AttributeProto {
    match *attribute {
        Attribute::Int(name, i) => {
            AttributeProto { name: name.to_string(), i: Some(i), f: None, r#type: AttributeType::Int.into() }
        }
        Attribute::Float(name, f) => AttributeProto {
            name: name.to_string(),
            i: None,
            f: Some(f),
            r#type: AttributeType::Float.into(),
        },
    }
}

fn value_info(name: &str, element: DataType, shape: &[DimensionSize], doc_string: &str) -> ValueInfoProto {
    let dim = shape.iter().map(|size| Dimension { size: Some(size.clone()) }).collect();
    let tensor_type = TensorType { elem_type: element.into(), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: name.to_string(),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type) }),
        doc_string: doc_string.to_string(),
    }
}
