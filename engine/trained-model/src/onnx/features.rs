//! The feature part of the graph: raw branches in, normalised columns without missing values out.
//!
//! Each branch is an input of its own, by its name. A list of any length is padded with NaN and cut to the
//! width that training gave it; then all branches of one precision are normalised together and put in the order
//! of the columns. What was not finite becomes what the network was told to see for a missing value.

use super::graph::{Attribute, GraphWriter, fixed, named};
use super::messages::{DataType, DimensionSize};
use event_columns::ElementType;
use event_matrix::Feature;
use network::{MaskUse, Network};

/// Branches that are normalised by the same nodes.
struct Group<'a> {
    input: DataType,
    is_single: bool,
    features: Vec<&'a Feature>,
    /// The value of each branch as `[batch, width]`.
    parts: Vec<String>,
}

/// Writes inputs, padding, normalisation and the rule for missing values. Returns the value that the first
/// layer takes.
pub(super) fn write_features(graph: &mut GraphWriter, features: &[Feature], network: &Network) -> String {
    // An always empty list has no column, and a graph should have no input without use.
    let features: Vec<&Feature> = features.iter().filter(|feature| feature.width > 0).collect();
    for feature in &features {
        let element = input_type(feature.column_type.element);
        graph.input(&feature.branch, element, &input_shape(feature), &feature_doc(feature));
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for feature in features {
        let (input, is_single) = (input_type(feature.column_type.element), feature.is_computed_in_f32());
        let part = write_branch(graph, feature, input);
        match groups.iter_mut().find(|group| group.input == input && group.is_single == is_single) {
            Some(group) => {
                group.features.push(feature);
                group.parts.push(part);
            }
            None => groups.push(Group { input, is_single, features: vec![feature], parts: vec![part] }),
        }
    }
    let columns: Vec<String> =
        groups.iter().enumerate().map(|(number, group)| write_group(graph, number, group)).collect();
    let joined = write_concat(graph, "columns/joined", &columns);
    let columns = write_order(graph, joined, &groups);
    write_missing(graph, &columns, network)
}

/// The input's element type: 32-bit floats where they hold every value of the branch, else 64-bit ones.
pub(super) fn input_type(element: ElementType) -> DataType {
    match element {
        ElementType::I32 | ElementType::I64 | ElementType::U32 | ElementType::U64 | ElementType::F64 => {
            DataType::Double
        }
        _ => DataType::Float,
    }
}

fn input_shape(feature: &Feature) -> Vec<DimensionSize> {
    match (feature.column_type.depth, feature.column_type.width) {
        (0, 1) => vec![named("batch")],
        (0, width) => vec![named("batch"), fixed(width)],
        // Every jagged branch has its own length, so each gets its own name.
        _ => vec![named("batch"), named(&format!("n_{}", feature.branch))],
    }
}

/// For people who open the file.
fn feature_doc(feature: &Feature) -> String {
    let range = match (feature.min, feature.max) {
        (Some(min), Some(max)) => format!(", {min} to {max} in training"),
        _ => String::new(),
    };
    format!("{}, {} column(s){range}", feature.column_type, feature.width)
}

/// Brings a branch to `[batch, number of its columns]`.
fn write_branch(graph: &mut GraphWriter, feature: &Feature, input: DataType) -> String {
    let (name, width) = (&feature.branch, feature.width);
    match (feature.column_type.depth, feature.column_type.width) {
        (0, 1) => {
            let axis = graph.integers(&format!("branch/{name}/axis"), &[1]);
            graph.node("Unsqueeze", &format!("branch/{name}/column"), &[name, &axis], &[])
        }
        (0, values) if values == width => name.clone(),
        (0, _) => write_cut(graph, name, name, width),
        _ => {
            let padded = write_padding(graph, name, input, width);
            write_cut(graph, name, &padded, width)
        }
    }
}

/// Appends `width` times NaN, so that the cut that follows always has enough.
fn write_padding(graph: &mut GraphWriter, name: &str, input: DataType, width: usize) -> String {
    let amounts = graph.integers(&format!("branch/{name}/padding"), &[0, 0, 0, width as i64]);
    let filler = match input {
        DataType::Double => graph.doubles(&format!("branch/{name}/missing"), &[], &[f64::NAN]),
        _ => graph.floats(&format!("branch/{name}/missing"), &[], &[f32::NAN]),
    };
    graph.node("Pad", &format!("branch/{name}/padded"), &[name, &amounts, &filler], &[])
}

/// Keeps the first `width` values of each entry.
fn write_cut(graph: &mut GraphWriter, name: &str, value: &str, width: usize) -> String {
    let start = graph.integers(&format!("branch/{name}/start"), &[0]);
    let end = graph.integers(&format!("branch/{name}/end"), &[width as i64]);
    let axis = graph.integers(&format!("branch/{name}/axis"), &[1]);
    graph.node("Slice", &format!("branch/{name}/columns"), &[value, &start, &end, &axis], &[])
}

/// Normalises the columns of a group in its precision and makes them 32-bit floats.
fn write_group(graph: &mut GraphWriter, number: usize, group: &Group<'_>) -> String {
    let role = format!("group_{}", number + 1);
    let mut value = write_concat(graph, &format!("{role}/values"), &group.parts);
    let working = if group.is_single { DataType::Float } else { DataType::Double };
    if group.input != working {
        value = write_cast(graph, &format!("{role}/widened"), &value, working);
    }
    let mut constant = |name: &str, numbers: &[f64]| {
        let (role, dims) = (format!("{role}/{name}"), [1, numbers.len()]);
        if group.is_single {
            let numbers: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
            graph.floats(&role, &dims, &numbers)
        } else {
            graph.doubles(&role, &dims, numbers)
        }
    };
    let of_columns = |pick: fn(&Feature) -> f64| -> Vec<f64> {
        group.features.iter().flat_map(|feature| std::iter::repeat_n(pick(feature), feature.width)).collect()
    };
    let shift = constant("shift", &of_columns(|feature| feature.shift));
    let scale = constant("scale", &of_columns(|feature| feature.scale));
    let shifted = graph.node("Sub", &format!("{role}/shifted"), &[&value, &shift], &[]);
    let scaled = graph.node("Div", &format!("{role}/normalised"), &[&shifted, &scale], &[]);
    if group.is_single {
        scaled
    } else {
        write_cast(graph, &format!("{role}/narrowed"), &scaled, DataType::Float)
    }
}

pub(super) fn write_cast(graph: &mut GraphWriter, role: &str, value: &str, to: DataType) -> String {
    graph.node("Cast", role, &[value], &[Attribute::Int("to", i64::from(i32::from(to)))])
}

fn write_concat(graph: &mut GraphWriter, role: &str, values: &[String]) -> String {
    match values {
        [value] => value.clone(),
        values => {
            let inputs: Vec<&str> = values.iter().map(String::as_str).collect();
            graph.node("Concat", role, &inputs, &[Attribute::Int("axis", 1)])
        }
    }
}

/// Puts the columns in the order of the layout.
fn write_order(graph: &mut GraphWriter, joined: String, groups: &[Group<'_>]) -> String {
    let positions: Vec<usize> = groups
        .iter()
        .flat_map(|group| &group.features)
        .flat_map(|feature| feature.first_column..feature.first_column + feature.width)
        .collect();
    if positions.is_sorted() {
        return joined;
    }
    let mut places: Vec<usize> = (0..positions.len()).collect();
    places.sort_by_key(|&place| positions[place]);
    let places: Vec<i64> = places.into_iter().map(|place| place as i64).collect();
    let order = graph.integers("columns/order", &places);
    graph.node("Gather", "columns/ordered", &[&joined, &order], &[Attribute::Int("axis", 1)])
}

/// Applies the network's rule for missing values: those that are not finite after the normalisation, be it for
/// padding, for NaN or infinity in the data, or because 32 bits cannot hold them.
fn write_missing(graph: &mut GraphWriter, columns: &str, network: &Network) -> String {
    let infinity = graph.floats("columns/infinity", &[1, 1], &[f32::INFINITY]);
    let magnitude = graph.node("Abs", "columns/magnitude", &[columns], &[]);
    // False for NaN too, as all comparisons are.
    let present = graph.node("Less", "columns/present", &[&magnitude, &infinity], &[]);
    let stand_in = match network.mask {
        MaskUse::Embed => {
            graph.floats("columns/embedding", &[1, network.mask_embedding.len()], &network.mask_embedding)
        }
        MaskUse::Zero | MaskUse::Append => graph.floats("columns/zero", &[1, 1], &[0.0]),
    };
    let filled = graph.node("Where", "columns/filled", &[&present, columns, &stand_in], &[]);
    if network.mask == MaskUse::Append {
        let missing = graph.node("Not", "columns/missing", &[&present], &[]);
        let mask = write_cast(graph, "columns/mask", &missing, DataType::Float);
        write_concat(graph, "columns/with_mask", &[filled, mask])
    } else {
        filled
    }
}
