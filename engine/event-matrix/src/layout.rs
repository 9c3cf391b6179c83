//! Which column of the matrix holds what.

use crate::branch_width::width_of;
use crate::scale::Scale;
use crate::{Compat, MatrixError, MatrixSettings, Scaling, WidthCap};
use branch_specs::{BranchSpecs, Specs};
use event_columns::{ColumnType, ElementType};
use serde::{Deserialize, Serialize};

/// The columns of a matrix and the numbers of their scaling: the settings checked against the specs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredLayout")]
pub struct MatrixLayout {
    /// Order of the columns.
    pub compat: Compat,
    /// The scaling that gave the numbers of the features.
    pub scaling: Scaling,
    features: Vec<Feature>,
    n_columns: usize,
}

/// More columns than this are a mistake of the specs rather than a matrix.
const MAX_COLUMNS: usize = 1 << 24;

/// A layout as it comes from a file, before it was looked at.
#[derive(Deserialize)]
struct StoredLayout {
    compat: Compat,
    scaling: Scaling,
    features: Vec<Feature>,
    n_columns: usize,
}

impl TryFrom<StoredLayout> for MatrixLayout {
    type Error = String;

    fn try_from(stored: StoredLayout) -> Result<Self, String> {
        let StoredLayout { compat, scaling, features, n_columns } = stored;
        let mut next_column = 0_usize;
        for feature in &features {
            let is_flat = feature.column_type.depth == 0 && feature.column_type.width == 1;
            let is_whole = feature.first_column == next_column && (!is_flat || feature.width == 1);
            next_column = next_column.saturating_add(feature.width);
            if !is_whole || next_column > MAX_COLUMNS {
                return Err(format!("the columns of branch `{}` do not fit into the matrix", feature.branch));
            }
        }
        if next_column != n_columns || n_columns == 0 {
            return Err(format!("the branches have {next_column} columns and the matrix {n_columns}"));
        }
        Ok(Self { compat, scaling, features, n_columns })
    }
}

/// One branch and its columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Name of the branch.
    pub branch: String,
    /// What an entry holds. Values of another numeric type are converted to this one first.
    #[serde(with = "column_type_form")]
    pub column_type: ColumnType,
    /// Position of its first column.
    pub first_column: usize,
    /// Number of its columns.
    pub width: usize,
    /// Subtracted from a value.
    pub shift: f64,
    /// Divides the difference; never 0. With shift 0 and scale 1 the value passes as it is.
    pub scale: f64,
    /// Whether all values were equal, or none was there, when the specs were measured.
    pub constant: bool,
    /// Whether the values of an event beyond `width` are cut; otherwise they are an error.
    pub truncates: bool,
    /// Smallest finite value in the specs.
    pub min: Option<f64>,
    /// Largest finite value in the specs.
    pub max: Option<f64>,
}

impl Feature {
    /// Whether the branch becomes `NAME_0`, `NAME_1` .. rather than `NAME`.
    pub fn is_expanded(&self) -> bool {
        self.column_type.depth > 0 || self.column_type.width > 1
    }

    /// Whether the scaling is computed in 32 bits: for lists and arrays of 32-bit floats.
    pub fn is_computed_in_f32(&self) -> bool {
        computed_in_f32(self.column_type)
    }

    /// Names of its columns.
    pub fn column_names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.width).map(|place| {
            if self.is_expanded() { format!("{}_{place}", self.branch) } else { self.branch.clone() }
        })
    }

    /// The value of the branch that a value of the matrix stands for, in 64 bits.
    pub fn denormalise(&self, value: f64) -> f64 {
        value * self.scale + self.shift
    }
}

impl MatrixLayout {
    /// The same columns for events that the specs have not seen: values of an event beyond the columns of a branch are
    /// cut, the first ones stay.
    #[must_use]
    pub fn truncating(mut self) -> Self {
        self.features.iter_mut().for_each(|feature| feature.truncates = true);
        self
    }

    /// Checks the settings against the specs and lays out the columns.
    ///
    /// # Errors
    /// [`MatrixError`] names the branch that is unknown, is text, has no known type or no columns, or lacks the
    /// numbers that a setting needs.
    pub fn check(settings: &MatrixSettings, specs: &Specs) -> Result<Self, MatrixError> {
        for name in settings.features.iter().chain(&settings.exclude).chain(settings.branch_width_caps.keys())
        {
            specs.branch(name)?;
        }
        let wanted = |branch: &&BranchSpecs| {
            let name = branch.name().to_string();
            if settings.features.is_empty() {
                branch.is_numeric()
                    && !settings.exclude.contains(&name)
                    && (branch.is_jagged() || !specs.is_identifier(&name))
            } else {
                settings.features.contains(&name) && !specs.is_identifier(&name)
            }
        };
        let mut branches: Vec<&BranchSpecs> = specs.branches.iter().filter(wanted).collect();
        match settings.compat {
            Compat::Master => branches.sort_by(|left, right| {
                (left.is_jagged(), left.name()).cmp(&(right.is_jagged(), right.name()))
            }),
            Compat::Uproot4 => branches.sort_by_key(|branch| branch.is_jagged()),
        }
        let mut features = Vec::with_capacity(branches.len());
        let mut n_columns = 0;
        for branch in branches {
            let feature = check_feature(branch, settings, n_columns)?;
            if !(settings.drop_constant && feature.constant) {
                n_columns = feature.width.saturating_add(n_columns);
                if n_columns > MAX_COLUMNS {
                    return Err(MatrixError::Setting {
                        setting: "the number of columns",
                        value: n_columns.to_string(),
                        reason: "it must be at most 16777216; set a width cap or exclude wide branches",
                    });
                }
                features.push(feature);
            }
        }
        if n_columns == 0 {
            return Err(MatrixError::NoColumns);
        }
        Ok(Self { compat: settings.compat, scaling: settings.scaling, features, n_columns })
    }

    /// Number of columns; never 0.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The branches in the order of their columns.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Names of the branches that the matrix needs, in the order of their columns.
    pub fn branch_names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|feature| feature.branch.as_str())
    }

    /// Names of all columns.
    pub fn column_names(&self) -> Vec<String> {
        self.features.iter().flat_map(Feature::column_names).collect()
    }
}

fn check_feature(
    branch: &BranchSpecs,
    settings: &MatrixSettings,
    first_column: usize,
) -> Result<Feature, MatrixError> {
    let name = branch.name().to_string();
    let column_type =
        branch.column_type().ok_or_else(|| MatrixError::UnknownType { branch: name.clone() })?;
    if !column_type.is_numeric() {
        return Err(MatrixError::Text { branch: name });
    }
    let cap = *settings.branch_width_caps.get(&name).unwrap_or(&settings.width_cap);
    let width = width_of(branch, column_type, cap)?;
    let scale = Scale::of(branch, settings.scaling, computed_in_f32(column_type))?;
    Ok(Feature {
        branch: name,
        column_type,
        first_column,
        width,
        shift: scale.shift,
        scale: scale.divisor,
        constant: scale.constant,
        truncates: cap != WidthCap::Widest,
        min: branch.min(),
        max: branch.max(),
    })
}

fn computed_in_f32(column_type: ColumnType) -> bool {
    column_type.element == ElementType::F32 && (column_type.depth > 0 || column_type.width > 1)
}

/// The stored form of a [`ColumnType`]: `{"element": "f32", "depth": 1, "width": 1}`.
mod column_type_form {
    use super::{ColumnType, Deserialize, ElementType, Serialize};
    use serde::{Deserializer, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    struct Form {
        element: String,
        depth: usize,
        width: usize,
    }

    pub(super) fn serialize<S: Serializer>(column_type: &ColumnType, to: S) -> Result<S::Ok, S::Error> {
        let ColumnType { element, depth, width } = *column_type;
        Form { element: element.name().to_string(), depth, width }.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ColumnType, D::Error> {
        use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        let Form { element, depth, width } = Form::deserialize(from)?;
        let known = [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64];
        match known.into_iter().find(|known| known.name() == element) {
            Some(element) if width > 0 => Ok(ColumnType { element, depth, width }),
            _ => Err(D::Error::custom(format!("no numeric type `{element}` of width {width}"))),
        }
    }
}
