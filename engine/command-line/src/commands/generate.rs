//! `mlaas4hep generate`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::write_file::{self, Folder};
use event_columns::EventChunk;
use event_generator::{EventGenerator, GeneratorSettings, Process};
use root_writer::write_tree;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make ROOT files of simulated signal and background events, to try everything with.
///
/// Signal is the production of a Higgs boson with a W boson, background is a mixture of top pairs and W with two
/// jets. Three files are written: signal.root, background.root, and unseen.root with a fifth of the number of each as
/// further events, which tell in the branch `is_signal` what they are. The same seed gives the same files.
#[derive(clap::Args)]
pub(crate) struct Generate {
    /// Folder for the files.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Events in signal.root and in background.root; unseen.root gets a fifth of each.
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    /// Any number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Name of the tree.
    #[arg(long, default_value = "Events")]
    tree: String,
}

impl Generate {
    /// Writes the files.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        write_file::check(&self.out.join("signal.root"), Folder::IsMade, [])?;
        write_file::make_folder(&self.out)?;
        let signal = GeneratorSettings::new(Process::Signal, self.events, self.seed);
        let background = GeneratorSettings::new(Process::Background, self.events, self.seed);
        let n_unseen = self.events / 5;
        let unseen = |seen: &GeneratorSettings| GeneratorSettings {
            first_event: self.events,
            n_events: n_unseen,
            ..seen.clone()
        };
        let (unseen_signal, unseen_background) = (unseen(&signal), unseen(&background));
        self.write("signal.root", vec![signal], false, console)?;
        self.write("background.root", vec![background], false, console)?;
        self.write("unseen.root", vec![unseen_signal, unseen_background], true, console)?;
        Ok(ExitCode::SUCCESS)
    }

    fn write(
        &self,
        name: &str,
        samples: Vec<GeneratorSettings>,
        with_truth: bool,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        let path = self.out.join(name);
        let n_events: u64 = samples.iter().map(|settings| settings.n_events).sum();
        console.step(&format!("generating {n_events} events into {}", path.display()));
        let mut generators = Vec::new();
        for settings in samples {
            generators.push(EventGenerator::new(settings)?);
        }
        let mut chunks = generators.into_iter().flat_map(|generator| {
            let is_signal = generator.settings().process == Process::Signal;
            generator.map(move |chunk| {
                Ok::<_, Infallible>(if with_truth { add_truth(chunk, is_signal) } else { chunk })
            })
        });
        let written =
            write_tree(Path::new(&path), &self.tree, &mut chunks, &mut |report| console.progress(report))
                .map_err(|error| failure::of(Kind::Output)(error.into()))?;
        console.line(&format!("{}: {} events, {} bytes", path.display(), written.n_entries, written.n_bytes));
        Ok(())
    }
}

/// Adds what the events are, so that predictions can be judged.
fn add_truth(mut chunk: EventChunk, is_signal: bool) -> EventChunk {
    let truth = vec![is_signal; chunk.n_entries()];
    chunk.set("is_signal", event_columns::Piece::flat(truth).into());
    chunk
}
