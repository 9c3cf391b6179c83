//! Pictures of jagged collections in a plane such as eta-phi (Computing and Software for Big Science 5, 2021, the
//! original's paper, figure 5).

use crate::MatrixError;
use event_columns::{Column, EventChunk, nearest_names};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// One axis of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageAxis {
    /// Jagged branch with the coordinate.
    pub branch: String,
    /// Lower edge of the first bin.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// Number of equal bins. A bin holds its lower edge and not its upper one.
    pub n_bins: usize,
    /// Whether the axis closes on itself, as an angle does: values outside are brought inside by whole turns.
    /// Otherwise particles outside of the range are left out.
    #[serde(default)]
    pub is_periodic: bool,
}

/// What a bin holds when several particles of an event fall into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collision {
    /// The sum of their values.
    #[default]
    Sum,
    /// The largest of their values.
    Max,
    /// The mean of their values.
    Mean,
    /// The value of the first in the order of the file.
    First,
    /// The value of the last.
    Last,
}

/// A picture of one collection in a plane. Pixels without a particle are 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageLayout {
    /// Horizontal axis, such as eta.
    pub x: ImageAxis,
    /// Vertical axis, such as phi.
    pub y: ImageAxis,
    /// Jagged branch with the value of a particle, such as pt; each particle counts 1 when absent.
    pub value: Option<String>,
    /// What several particles in a bin do.
    #[serde(default)]
    pub collision: Collision,
}

impl ImageLayout {
    /// Number of pixels: bins of x times bins of y.
    pub fn n_pixels(&self) -> usize {
        self.x.n_bins.saturating_mul(self.y.n_bins)
    }

    /// Draws each event of a chunk: pictures one after the other, each row by row with x running fastest. Particles
    /// with a coordinate or value that is not finite are left out.
    ///
    /// # Errors
    /// [`MatrixError`] names an axis without bins or range, a missing branch, a branch of another shape, and
    /// `pixels` of the wrong length.
    pub fn draw(&self, chunk: &EventChunk, pixels: &mut [f32]) -> Result<(), MatrixError> {
        for axis in [&self.x, &self.y] {
            if axis.n_bins == 0 || !(axis.low < axis.high && (axis.high - axis.low).is_finite()) {
                let value =
                    format!("{} bins from {} to {} for {}", axis.n_bins, axis.low, axis.high, axis.branch);
                let reason = "an axis needs bins and a rising range";
                return Err(MatrixError::Setting { setting: "the image axis", value, reason });
            }
        }
        let expected = self.n_pixels().saturating_mul(chunk.n_entries());
        if pixels.len() != expected {
            return Err(MatrixError::TargetSize { what: "pixels", expected, found: pixels.len() });
        }
        let (x, y) = (lists(chunk, &self.x.branch)?, lists(chunk, &self.y.branch)?);
        let value = self.value.as_ref().map(|branch| lists(chunk, branch)).transpose()?;
        for (branch, other) in
            [(&self.y.branch, Some(&y)), (self.value.as_ref().unwrap_or(&self.y.branch), value.as_ref())]
        {
            if other.is_some_and(|other| other.starts != x.starts) {
                return Err(MatrixError::Shape {
                    branch: branch.clone(),
                    expected: format!("as long in every event as `{}`", self.x.branch),
                    found: "of another length in some event".to_string(),
                });
            }
        }
        pixels.par_chunks_mut(self.n_pixels()).enumerate().for_each(|(event, picture)| {
            let particles = (x.starts[event]..x.starts[event + 1])
                .map(|at| (x.values[at], y.values[at], value.as_ref().map_or(1.0, |value| value.values[at])));
            self.draw_event(particles, picture);
        });
        Ok(())
    }

    fn draw_event(&self, particles: impl Iterator<Item = (f64, f64, f64)>, picture: &mut [f32]) {
        picture.fill(0.0);
        let mut n_in_bin = vec![0_u32; picture.len()];
        for (x, y, value) in particles.filter(|(_, _, value)| value.is_finite()) {
            let (Some(x_bin), Some(y_bin)) = (self.x.bin(x), self.y.bin(y)) else { continue };
            let pixel = y_bin * self.x.n_bins + x_bin;
            let (place, n_before) = (&mut picture[pixel], n_in_bin[pixel]);
            let value = value as f32;
            *place = match self.collision {
                _ if n_before == 0 => value,
                Collision::Sum => *place + value,
                Collision::Max => place.max(value),
                Collision::Mean => *place + (value - *place) / (n_before + 1) as f32,
                Collision::First => *place,
                Collision::Last => value,
            };
            n_in_bin[pixel] += 1;
        }
    }
}

impl ImageAxis {
    fn bin(&self, coordinate: f64) -> Option<usize> {
        if !coordinate.is_finite() {
            return None;
        }
        let range = self.high - self.low;
        let distance = coordinate - self.low;
        let distance = if self.is_periodic { distance.rem_euclid(range) } else { distance };
        let bin = (distance / range * self.n_bins as f64).floor();
        if self.is_periodic {
            // rem_euclid may round up to the whole range.
            return Some((bin as usize).min(self.n_bins - 1));
        }
        (distance >= 0.0 && distance < range).then(|| (bin as usize).min(self.n_bins - 1))
    }
}

struct Lists {
    starts: Vec<usize>,
    values: Vec<f64>,
}

fn lists(chunk: &EventChunk, branch: &str) -> Result<Lists, MatrixError> {
    let column: &Column = chunk.column(branch).ok_or_else(|| MatrixError::MissingBranch {
        branch: branch.to_string(),
        nearest: nearest_names(branch, chunk.names().iter().map(|name| &**name), 3),
    })?;
    if column.column_type().kind() != "jagged" || column.column_type().width != 1 {
        return Err(MatrixError::Shape {
            branch: branch.to_string(),
            expected: "a list of numbers".to_string(),
            found: column.column_type().to_string(),
        });
    }
    let mut starts = vec![0];
    for width in column.values_per_entry() {
        starts.push(starts[starts.len() - 1] + width);
    }
    Ok(Lists { starts, values: column.to_f64() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::Piece;

    fn check(collision: Collision, expected: [f32; 6]) {
        let mut chunk = EventChunk::new(0, 1);
        chunk.set("eta", Piece::jagged(&[vec![-0.5_f32, 0.5, 0.6, 9.0, f32::NAN]]).into());
        chunk.set("phi", Piece::jagged(&[vec![0.0_f64, 1.5, 3.5 + 2.0, 0.0, 0.0]]).into());
        chunk.set("pt", Piece::jagged(&[vec![5_i32, 2, 8, 1, 1]]).into());
        let axis = |branch: &str, low, high, n_bins, is_periodic| ImageAxis {
            branch: branch.into(),
            low,
            high,
            n_bins,
            is_periodic,
        };
        let layout = ImageLayout {
            x: axis("eta", -1.0, 1.0, 2, false),
            y: axis("phi", 0.0, 3.0, 3, true),
            value: Some("pt".into()),
            collision,
        };
        let mut pixels = [7.0; 6];
        layout.draw(&chunk, &mut pixels).unwrap();
        assert_eq!(pixels, expected, "{collision:?}");
    }

    #[test]
    fn particles_in_one_bin() {
        // eta -0.5 in bin 0, phi 0: pixel 0. eta 0.5 and 0.6, phi 1.5 and 5.5 - 3 = 2.5: pixels 3 and 5.
        check(Collision::Sum, [5.0, 0.0, 0.0, 2.0, 0.0, 8.0]);
    }

    #[test]
    fn collisions() {
        let mut chunk = EventChunk::new(0, 2);
        chunk.set("eta", Piece::jagged(&[vec![0.1_f32, 0.2, 0.3], vec![]]).into());
        let axis = ImageAxis { branch: "eta".into(), low: 0.0, high: 1.0, n_bins: 1, is_periodic: false };
        chunk.set("pt", Piece::jagged(&[vec![4.0_f32, 9.0, 2.0], vec![]]).into());
        let case = |collision, value: Option<&str>, expected: f32| {
            let value = value.map(String::from);
            let layout = ImageLayout { x: axis.clone(), y: axis.clone(), value, collision };
            let mut pixels = [7.0; 2];
            layout.draw(&chunk, &mut pixels).unwrap();
            assert_eq!(pixels, [expected, 0.0], "{collision:?}");
        };
        case(Collision::Sum, Some("pt"), 15.0);
        case(Collision::Max, Some("pt"), 9.0);
        case(Collision::Mean, Some("pt"), 5.0);
        case(Collision::First, Some("pt"), 4.0);
        case(Collision::Last, Some("pt"), 2.0);
        case(Collision::Sum, None, 3.0);
    }
}
