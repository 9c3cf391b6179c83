//! The list of all commands; each is one file that holds its options (whose comments are its help) and what it does.

mod generate;
mod inspect;
mod matrix;
mod predict;
mod reader;
mod specs;
mod train;
mod workflow;

use crate::console::Console;
use std::process::ExitCode;

/// What the program can do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Workflow(workflow::Workflow),
    Reader(reader::Reader),
    Inspect(inspect::Inspect),
    Specs(specs::Specs),
    Matrix(matrix::Matrix),
    Train(train::Train),
    Predict(predict::Predict),
    Generate(generate::Generate),
}

impl Command {
    /// Runs the command.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        match self {
            Self::Workflow(workflow) => workflow.run(console),
            Self::Reader(reader) => reader.run(console),
            Self::Inspect(inspect) => inspect.run(console),
            Self::Specs(specs) => specs.run(console),
            Self::Matrix(matrix) => matrix.run(console),
            Self::Train(train) => train.run(console),
            Self::Predict(predict) => predict.run(console),
            Self::Generate(generate) => generate.run(console),
        }
    }
}
