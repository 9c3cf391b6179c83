//! The numbers of all branches over one file or many.

use crate::branch::BranchSpecs;
use crate::{Fingerprint, SpecsError};
use event_columns::{ColumnType, nearest_names};
use std::sync::Arc;

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecsMode {
    /// Type, counts, range, sum and widest entry of each branch: all that the matrix of the original needs.
    Fast,
    /// Also standard deviation, the distribution of the values, and of the number of values in an entry.
    #[default]
    Full,
}

/// What every branch holds, over one file or many.
#[derive(Clone, Debug, PartialEq)]
pub struct Specs {
    /// How much was measured.
    pub mode: SpecsMode,
    /// Flat branches that tell events apart and are no features: `run`, `event`, `luminosityBlock` by default.
    pub identifier: Vec<String>,
    /// The files and the number of their events (after a selection: that passed). The numbers of the branches may come
    /// from fewer of them, as the caller decided.
    pub files: Vec<FileEvents>,
    /// The branches in the order of the first file.
    pub branches: Vec<BranchSpecs>,
    /// Of which data this speaks, where the caller said so.
    pub fingerprint: Option<Fingerprint>,
}

/// How many events a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEvents {
    /// The file as it was given.
    pub name: String,
    /// Its events; after a selection, those that passed.
    pub n_events: u64,
}

/// What happens to a branch that some files lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingBranch {
    /// It is an error that names file and branch.
    #[default]
    Error,
    /// The branch is left out, and the answer says so.
    Intersect,
}

/// The specs of several files together.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// Over all files.
    pub specs: Specs,
    /// Branches that were left out: a warning for the user.
    pub dropped: Vec<DroppedBranch>,
}

/// A branch that is not in all files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedBranch {
    /// The branch.
    pub branch: String,
    /// The first file that lacks it.
    pub missing_in: String,
}

impl Specs {
    /// The original's default identifier branches.
    pub fn default_identifier() -> Vec<String> {
        ["run", "event", "luminosityBlock"].map(String::from).to_vec()
    }

    /// Events over all files.
    pub fn n_events(&self) -> u64 {
        self.files.iter().fold(0, |total, file| total.saturating_add(file.n_events))
    }

    /// The numbers of a branch.
    ///
    /// # Errors
    /// [`SpecsError::UnknownBranch`] with the nearest names.
    pub fn branch(&self, name: &str) -> Result<&BranchSpecs, SpecsError> {
        self.branches.iter().find(|branch| &*branch.name == name).ok_or_else(|| {
            let nearest = nearest_names(name, self.branches.iter().map(|branch| &*branch.name), 3);
            SpecsError::UnknownBranch { branch: name.to_string(), nearest }
        })
    }

    /// Whether a branch only tells events apart.
    pub fn is_identifier(&self, name: &str) -> bool {
        self.identifier.iter().any(|identifier| identifier == name)
    }

    /// Gives types to the branches that have none, which is so in specs that the original wrote.
    pub fn adopt_types(&mut self, branches: &[(Arc<str>, ColumnType)]) {
        for branch in self.branches.iter_mut().filter(|branch| branch.column_type.is_none()) {
            branch.column_type =
                branches.iter().find(|(name, _)| *name == branch.name).map(|(_, column_type)| *column_type);
        }
    }

    /// Joins the specs of several files, or of several parts of one. Minima, maxima, widths, counts and sums of the parts merge to those
    /// of the whole bit for bit. Files of the same name become one entry with the sum of their events; the
    /// fingerprint is kept only where all parts have one, with the files of all.
    ///
    /// # Errors
    /// [`SpecsError::NothingToMerge`], [`SpecsError::ShapeDiffers`], and [`SpecsError::MissingBranch`] unless
    /// the policy is [`MissingBranch::Intersect`].
    pub fn merge(
        parts: impl IntoIterator<Item = Specs>,
        policy: MissingBranch,
    ) -> Result<Merged, SpecsError> {
        let mut parts = parts.into_iter();
        let mut specs = parts.next().ok_or(SpecsError::NothingToMerge)?;
        let mut dropped = Vec::new();
        for part in parts {
            specs.take_in(&part, policy, &mut dropped)?;
        }
        Ok(Merged { specs, dropped })
    }

    fn take_in(
        &mut self,
        part: &Specs,
        policy: MissingBranch,
        dropped: &mut Vec<DroppedBranch>,
    ) -> Result<(), SpecsError> {
        let (own_file, part_file) = (self.first_file(), part.first_file());
        let mut lacking = |branch: &BranchSpecs, present_in: &str, missing_in: &str| {
            let branch = branch.name.to_string();
            if policy == MissingBranch::Error {
                let (present_in, missing_in) = (present_in.to_string(), missing_in.to_string());
                return Err(SpecsError::MissingBranch { branch, present_in, missing_in });
            }
            if !dropped.iter().any(|gone| gone.branch == branch) {
                dropped.push(DroppedBranch { branch, missing_in: missing_in.to_string() });
            }
            Ok(())
        };
        for branch in &part.branches {
            if !self.branches.iter().any(|own| own.name == branch.name) {
                lacking(branch, &part_file, &own_file)?;
            }
        }
        let mut kept = Vec::with_capacity(self.branches.len());
        for mut own in std::mem::take(&mut self.branches) {
            let Some(their) = part.branches.iter().find(|their| their.name == own.name) else {
                lacking(&own, &own_file, &part_file)?;
                continue;
            };
            if !own.has_shape_of(their) {
                return Err(SpecsError::ShapeDiffers {
                    branch: own.name.to_string(),
                    first: own.kind().to_string(),
                    first_file: own_file,
                    second: their.kind().to_string(),
                    second_file: part_file,
                });
            }
            own.merge(their);
            kept.push(own);
        }
        self.branches = kept;
        self.take_in_files(part);
        Ok(())
    }

    fn take_in_files(&mut self, part: &Specs) {
        if part.mode == SpecsMode::Fast {
            self.mode = SpecsMode::Fast;
        }
        for file in &part.files {
            match self.files.iter_mut().find(|own| own.name == file.name) {
                Some(own) => own.n_events = own.n_events.saturating_add(file.n_events),
                None => self.files.push(file.clone()),
            }
        }
        self.fingerprint = match (self.fingerprint.take(), &part.fingerprint) {
            (Some(mut own), Some(their)) => {
                own.files.extend(
                    their.files.iter().filter(|file| !own.files.contains(file)).cloned().collect::<Vec<_>>(),
                );
                own.branches = self.branches.iter().map(|branch| branch.name.to_string()).collect();
                Some(own)
            }
            _ => None,
        };
    }

    fn first_file(&self) -> String {
        self.files.first().map_or_else(|| "the first part".to_string(), |file| file.name.clone())
    }

    /// Refuses these specs where they speak of other data than `now`.
    ///
    /// # Errors
    /// [`SpecsError::Stale`] with what has changed, also where the specs do not say of what they speak.
    pub fn check_fresh(&self, now: &Fingerprint) -> Result<(), SpecsError> {
        let what_changed = match &self.fingerprint {
            None => Some("they do not say of which files they were made".to_string()),
            Some(then) => then.difference(now),
        };
        what_changed.map_or(Ok(()), |what_changed| Err(SpecsError::Stale { what_changed }))
    }

    /// These specs for another wish, as [`Fingerprint::hindrance`] allows it: with the branches that it wants and the
    /// names that it gives to the files.
    ///
    /// # Errors
    /// [`SpecsError::Unfit`] with what stands against it, also where the specs do not say of what they speak.
    pub fn serving(mut self, wish: &Fingerprint) -> Result<Self, SpecsError> {
        let Some(then) = self.fingerprint.replace(wish.clone()) else {
            return Err(SpecsError::Unfit { reason: "they do not say of which files they were made".into() });
        };
        if let Some(reason) = then.hindrance(wish) {
            return Err(SpecsError::Unfit { reason });
        }
        for file in &mut self.files {
            if let Some(named) = wish.file(&file.name) {
                file.name.clone_from(&named.name);
            }
        }
        self.branches.retain(|branch| wish.branches.iter().any(|wanted| **wanted == *branch.name));
        Ok(self)
    }
}
