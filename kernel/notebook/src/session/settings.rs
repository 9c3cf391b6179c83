//! What `%config` shows and sets.

use crate::magic::MagicError;
use event_columns::nearest_names;
use plots::{ExperimentLabel, Style};

/// How pictures are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PictureFormat {
    /// Vector pictures; dense ones become PNG all the same.
    #[default]
    Svg,
    /// Pixels.
    Png,
    /// Vega-Lite, which can be zoomed and pointed at.
    Vega,
}

/// The settings of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `plot.format`.
    pub picture_format: PictureFormat,
    /// `plot.width`, in pixels.
    pub width: u32,
    /// `plot.height`, in pixels.
    pub height: u32,
    /// `plot.experiment`, `plot.status` and `plot.conditions`.
    pub experiment: ExperimentLabel,
    /// `memory.budget`: bytes of decoded branches kept for each sample.
    pub memory_budget_bytes: usize,
    /// `show.rows`: rows of tables.
    pub n_rows: usize,
    /// Most branches of a tree that are shown.
    pub n_branches: usize,
}

/// One setting.
pub struct SettingInfo {
    /// Its name.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The words that it may be, where it is one of a few.
    pub choices: &'static [&'static str],
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &str) -> Result<(), String>,
}

/// The one list of settings.
pub const SETTINGS: &[SettingInfo] = &[
    SettingInfo {
        name: "plot.format",
        help: "How pictures are sent: svg, png or vega (can be zoomed).",
        choices: &["svg", "png", "vega"],
        get: |settings| match settings.picture_format {
            PictureFormat::Svg => "svg".into(),
            PictureFormat::Png => "png".into(),
            PictureFormat::Vega => "vega".into(),
        },
        set: |settings, value| {
            settings.picture_format = match value {
                "svg" => PictureFormat::Svg,
                "png" => PictureFormat::Png,
                "vega" => PictureFormat::Vega,
                _ => return Err("svg, png or vega".into()),
            };
            Ok(())
        },
    },
    SettingInfo {
        name: "plot.width",
        help: "Width of pictures in pixels, 200 to 8000.",
        choices: &[],
        get: |settings| settings.width.to_string(),
        set: |settings, value| set_pixels(&mut settings.width, value),
    },
    SettingInfo {
        name: "plot.height",
        help: "Height of pictures in pixels, 200 to 8000.",
        choices: &[],
        get: |settings| settings.height.to_string(),
        set: |settings, value| set_pixels(&mut settings.height, value),
    },
    SettingInfo {
        name: "plot.experiment",
        help: "Name of the experiment, bold above the frame.",
        choices: &[],
        get: |settings| settings.experiment.name.clone(),
        set: |settings, value| {
            settings.experiment.name = value.into();
            Ok(())
        },
    },
    SettingInfo {
        name: "plot.status",
        help: "Beside it, such as Preliminary or Simulation.",
        choices: &[],
        get: |settings| settings.experiment.status.clone(),
        set: |settings, value| {
            settings.experiment.status = value.into();
            Ok(())
        },
    },
    SettingInfo {
        name: "plot.conditions",
        help: "On the right, such as 138 fb$^{-1}$ (13 TeV).",
        choices: &[],
        get: |settings| settings.experiment.conditions.clone(),
        set: |settings, value| {
            settings.experiment.conditions = value.into();
            Ok(())
        },
    },
    SettingInfo {
        name: "memory.budget",
        help: "Decoded branches kept in memory for each sample that is opened from now on, such as 2 GB.",
        choices: &[],
        get: |settings| text_table::human_bytes(settings.memory_budget_bytes as u64),
        set: |settings, value| {
            settings.memory_budget_bytes = training_pipeline::parse_bytes(value)
                .ok_or_else(|| "a size such as 500 MB or 2 GB".to_string())?;
            Ok(())
        },
    },
    SettingInfo {
        name: "show.rows",
        help: "Most rows of an answer of %sql, 1 to 10000.",
        choices: &[],
        get: |settings| settings.n_rows.to_string(),
        set: |settings, value| set_lines(&mut settings.n_rows, value),
    },
    SettingInfo {
        name: "show.branches",
        help: "Most branches that %open shows of a tree, 1 to 10000.",
        choices: &[],
        get: |settings| settings.n_branches.to_string(),
        set: |settings, value| set_lines(&mut settings.n_branches, value),
    },
];

fn set_lines(own: &mut usize, value: &str) -> Result<(), String> {
    let lines = value.parse().ok().filter(|lines| (1..=10_000).contains(lines));
    *own = lines.ok_or("a whole number from 1 to 10000")?;
    Ok(())
}

fn set_pixels(own: &mut u32, value: &str) -> Result<(), String> {
    let pixels = value.parse().ok().filter(|pixels| (200..=8000).contains(pixels));
    *own = pixels.ok_or("a whole number from 200 to 8000")?;
    Ok(())
}

impl Default for Settings {
    fn default() -> Self {
        let Style { width, height, .. } = Style::default();
        Self {
            picture_format: PictureFormat::default(),
            width,
            height,
            experiment: ExperimentLabel::default(),
            memory_budget_bytes: 1_000_000_000,
            n_rows: 20,
            n_branches: 100,
        }
    }
}

impl Settings {
    /// Name and value of every setting, with its help.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, String, &'static str)> + '_ {
        SETTINGS.iter().map(|setting| (setting.name, (setting.get)(self), setting.help))
    }

    /// Sets one by name.
    ///
    /// # Errors
    /// An unknown name, with the nearest ones, or a value that does not fit.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), MagicError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            let nearest = nearest_names(name, SETTINGS.iter().map(|setting| setting.name), 2);
            let error = MagicError::new("UnknownSetting", format!("there is no setting `{name}`"));
            return Err(if nearest.is_empty() {
                error.advise("%config lists them.")
            } else {
                error.advise(format!("Did you mean {}?", nearest.join(" or ")))
            });
        };
        (setting.set)(self, value).map_err(|expected| {
            MagicError::new("SettingError", format!("{name} cannot be `{value}`; it must be {expected}"))
                .advise(format!("%config {name} shows what it is now."))
        })
    }

    /// The style of pictures.
    pub fn style(&self) -> Style {
        let is_labelled = self.experiment != ExperimentLabel::default();
        Style {
            width: self.width,
            height: self.height,
            experiment: is_labelled.then(|| self.experiment.clone()),
            ..Style::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_read_back() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("plot.format", "vega"),
            ("plot.width", "900"),
            ("plot.height", "700"),
            ("plot.experiment", "CMS"),
            ("plot.status", "Preliminary"),
            ("plot.conditions", "13 TeV"),
            ("memory.budget", "2.0 GB"),
            ("show.rows", "7"),
            ("show.branches", "9"),
        ] {
            settings.set(name, value).unwrap();
            let found = settings.all().find(|(own, ..)| *own == name).unwrap().1;
            assert_eq!(found, value, "{name}");
        }
        assert_eq!(SETTINGS.len(), 9);
        assert_eq!(settings.style().width, 900);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let problem = |name: &str, value: &str| Settings::default().set(name, value).unwrap_err().to_string();
        assert!(problem("plot.with", "3").contains("Did you mean plot.width"));
        assert!(problem("plot.width", "3").contains("200 to 8000"));
        assert!(problem("plot.format", "gif").contains("svg, png or vega"));
    }
}
