//! The list of all commands; each is one file that holds its options (whose comments are its help) and what it does.

mod generate;
mod get;
mod inspect;
mod login;
mod ls;
mod matrix;
mod predict;
mod put;
mod reader;
mod rm;
mod share;
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
    Login(login::Login),
    Ls(ls::Ls),
    Put(put::Put),
    Get(get::Get),
    Share(share::Share),
    Rm(rm::Rm),
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
            Self::Login(login) => login.run(console),
            Self::Ls(ls) => ls.run(console),
            Self::Put(put) => put.run(console),
            Self::Get(get) => get.run(console),
            Self::Share(share) => share.run(console),
            Self::Rm(rm) => rm.run(console),
        }
    }
}
