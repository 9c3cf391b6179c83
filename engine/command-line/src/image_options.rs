//! What `matrix` draws of each event beside its row.

use anyhow::{Context, ensure};
use event_matrix::{Collision, ImageAxis, ImageLayout};
use plots::JetImage;
use std::f64::consts::{PI, TAU};

/// Pictures of a jagged collection in the plane of eta and phi.
#[derive(clap::Args)]
pub(crate) struct ImageOptions {
    /// Also draw every event: the jagged branches with eta and phi of its particles, and with the value that a particle
    /// adds to its bin, such as pt; 1 where no third branch is named. For each chunk image-NNNN.npy is written (events
    /// x phi x eta, in the order of the rows; 0 where no particle is).
    #[arg(long, value_name = "ETA,PHI[,VALUE]")]
    image: Option<String>,
    /// Bins in eta and in phi.
    #[arg(long, value_name = "ETAxPHI", default_value = "32x32", requires = "image")]
    image_bins: String,
    /// Range of eta and of phi; `pi` may stand for the number. A bin holds its lower edge and not its upper one.
    /// Particles outside are left out; where phi has the range of a whole turn, it closes on itself.
    #[arg(
        long,
        value_name = "LOW,HIGH,LOW,HIGH",
        default_value = "-4,4,-pi,pi",
        allow_hyphen_values = true,
        requires = "image"
    )]
    image_range: String,
    /// What a bin holds where several particles of an event fall into it.
    #[arg(
        long,
        value_parser = ["sum", "max", "mean", "first", "last"],
        default_value = "sum",
        requires = "image"
    )]
    image_collision: String,
    /// Also write image.svg: the mean over all events.
    #[arg(long, requires = "image")]
    image_picture: bool,
}

impl ImageOptions {
    /// The picture as the library wants it; nothing where none is asked for.
    pub(crate) fn layout(&self) -> anyhow::Result<Option<ImageLayout>> {
        let Some(said) = &self.image else { return Ok(None) };
        let names: Vec<&str> = said.split(',').map(str::trim).collect();
        let (&[x, y] | &[x, y, _]) = names.as_slice() else {
            anyhow::bail!("--image={said} names {} branch(es); name ETA,PHI or ETA,PHI,VALUE", names.len());
        };
        let (n_eta, n_phi) = self.bins()?;
        let [eta_low, eta_high, phi_low, phi_high] = self.range()?;
        let axis = |branch: &str, low, high, n_bins| ImageAxis {
            branch: branch.to_string(),
            low,
            high,
            n_bins,
            is_periodic: false,
        };
        let is_turn = (phi_high - phi_low - TAU).abs() < 1e-6;
        Ok(Some(ImageLayout {
            x: axis(x, eta_low, eta_high, n_eta),
            y: ImageAxis { is_periodic: is_turn, ..axis(y, phi_low, phi_high, n_phi) },
            value: names.get(2).map(ToString::to_string),
            collision: match self.image_collision.as_str() {
                "max" => Collision::Max,
                "mean" => Collision::Mean,
                "first" => Collision::First,
                "last" => Collision::Last,
                _ => Collision::Sum,
            },
        }))
    }

    /// The mean over all events as a figure; nothing where none is asked for.
    pub(crate) fn picture(&self, layout: &ImageLayout, sum: &[f64], n_events: usize) -> Option<JetImage> {
        let value = layout.value.as_deref();
        self.image_picture.then(|| JetImage {
            eta: (layout.x.low, layout.x.high),
            phi: (layout.y.low, layout.y.high),
            n_eta: layout.x.n_bins,
            values: sum.iter().map(|sum| sum / n_events.max(1) as f64).collect(),
            z_title: format!("{} in an event", value.unwrap_or("Particles")),
            is_log: false,
        })
    }

    fn bins(&self) -> anyhow::Result<(usize, usize)> {
        let said = &self.image_bins;
        let problem = || format!("--image-bins={said}: write two numbers of at least 1, such as 32x32");
        let (eta, phi) = said.split_once(['x', 'X']).with_context(problem)?;
        let (eta, phi) = (eta.parse().with_context(problem)?, phi.parse().with_context(problem)?);
        ensure!(eta >= 1 && phi >= 1, problem());
        Ok((eta, phi))
    }

    fn range(&self) -> anyhow::Result<[f64; 4]> {
        let said = &self.image_range;
        let number = |text: &str| match text.trim() {
            "pi" => Some(PI),
            "-pi" => Some(-PI),
            text => text.parse::<f64>().ok(),
        };
        let numbers: Option<Vec<f64>> = said.split(',').map(number).collect();
        let range = numbers.and_then(|numbers| <[f64; 4]>::try_from(numbers).ok());
        let rises = |low: f64, high: f64| low < high && (high - low).is_finite();
        range
            .filter(|[a, b, c, d]| rises(*a, *b) && rises(*c, *d))
            .with_context(|| format!("--image-range={said}: write two rising ranges, such as -4,4,-pi,pi"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(image: &str, bins: &str, range: &str) -> ImageOptions {
        ImageOptions {
            image: Some(image.into()),
            image_bins: bins.into(),
            image_range: range.into(),
            image_collision: "max".into(),
            image_picture: true,
        }
    }

    #[test]
    fn layouts() {
        let layout = options("Jet_eta, Jet_phi, Jet_pt", "8x4", "-2.5,2.5,-pi,pi").layout().unwrap().unwrap();
        assert_eq!((layout.x.n_bins, layout.y.n_bins), (8, 4));
        assert_eq!((layout.x.low, layout.x.high, layout.y.low, layout.y.high), (-2.5, 2.5, -PI, PI));
        assert_eq!((&*layout.y.branch, layout.value.as_deref()), ("Jet_phi", Some("Jet_pt")));
        assert!(layout.y.is_periodic && !layout.x.is_periodic);
        assert_eq!(layout.collision, Collision::Max);
        let narrow = options("a,b", "1X1", "0,1,0,1").layout().unwrap().unwrap();
        assert!(narrow.value.is_none() && !narrow.y.is_periodic);
    }

    #[test]
    fn mistakes_are_named() {
        let refuse = |image: &str, bins: &str, range: &str, words: &str| {
            let error = options(image, bins, range).layout().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        refuse("Jet_eta", "8x8", "0,1,0,1", "names 1 branch(es)");
        refuse("a,b,c,d", "8x8", "0,1,0,1", "names 4 branch(es)");
        refuse("a,b", "8", "0,1,0,1", "--image-bins=8");
        refuse("a,b", "0x8", "0,1,0,1", "at least 1");
        refuse("a,b", "8x8", "0,1,0", "--image-range=0,1,0");
        refuse("a,b", "8x8", "1,0,0,1", "two rising ranges");
        refuse("a,b", "8x8", "0,inf,0,1", "two rising ranges");
    }
}
