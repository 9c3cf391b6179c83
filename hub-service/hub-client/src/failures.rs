//! Files of a transfer that failed while the others went on.

use std::io::ErrorKind;

use crate::HubError;

/// What failed of so many files.
#[derive(Debug)]
pub struct Failures {
    n_files: usize,
    n_failed: usize,
    first: Option<HubError>,
}

impl Failures {
    /// None yet.
    #[must_use]
    pub fn among(n_files: usize) -> Self {
        Self { n_files, n_failed: 0, first: None }
    }

    /// What became of the next file; of a failure its words, after which the others go on.
    ///
    /// # Errors
    /// What the others would meet as well, and whatever happens to a file that is the only one.
    pub fn note<T>(&mut self, result: Result<T, HubError>) -> Result<Result<T, String>, HubError> {
        let error = match result {
            Ok(done) => return Ok(Ok(done)),
            Err(error) if self.n_files > 1 && concerns_one_file(&error) => error,
            Err(error) => return Err(error),
        };
        let words = error.to_string();
        self.n_failed += 1;
        self.first.get_or_insert(error);
        Ok(Err(words))
    }

    /// Whether all went well.
    ///
    /// # Errors
    /// [`HubError::Partly`].
    pub fn end(self) -> Result<(), HubError> {
        let Self { n_files, n_failed, first } = self;
        match first {
            None => Ok(()),
            Some(first) => Err(HubError::Partly { n_failed, n_files, first: Box::new(first) }),
        }
    }
}

/// Whether another file may fare better.
fn concerns_one_file(error: &HubError) -> bool {
    match error {
        HubError::File { cause, .. } => {
            !matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem)
        }
        HubError::Conflict { .. }
        | HubError::ChangedMeanwhile { .. }
        | HubError::NotFound { .. }
        | HubError::TooLarge { .. }
        // A smaller file may find room.
        | HubError::NoRoom { .. }
        | HubError::Checksum { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_fails_does_not_keep_the_others() {
        let large = || HubError::TooLarge { action: "write x".to_owned(), message: "too large".to_owned() };
        let mut failures = Failures::among(3);
        assert!(failures.note(Ok(())).unwrap().is_ok());
        assert!(failures.note::<()>(Err(large())).unwrap().unwrap_err().starts_with("cannot write x"));
        assert!(matches!(failures.note::<()>(Err(HubError::Stopped)), Err(HubError::Stopped)));
        let said = failures.end().unwrap_err().to_string();
        assert!(said.starts_with("1 of 3 files did not come through: cannot write x"), "{said}");

        assert!(matches!(Failures::among(1).note::<()>(Err(large())), Err(HubError::TooLarge { .. })));
        assert!(Failures::among(1).end().is_ok());
    }
}
