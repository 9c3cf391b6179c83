//! Uploads in pieces that say where in the file they belong, and not to which upload (`Content-Range`).

use hub_api::{FilePath, WorkspaceName};

use crate::{
    Actor, Preconditions, Result, UploadStatus, WorkspaceError, Workspaces, WriteOptions,
    entries::find,
    upload::{check_options, check_target, options_text},
};

impl Workspaces {
    /// Begins an upload in place of the actor's unfinished one to the same path, which stays if the new one is refused.
    ///
    /// # Errors
    /// As [`Workspaces::create_upload`]; another request at the one before.
    pub async fn restart_upload(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        options: WriteOptions,
    ) -> Result<UploadStatus> {
        let Some(old) = self.find_upload(actor, workspace, path).await? else {
            return self.create_upload(actor, workspace, path, options).await;
        };
        let _busy = self.running().begin(&old.id)?;
        match self.create_upload(actor, workspace, path, options.clone()).await {
            // The room, or the number, that the one before has taken is enough.
            Err(WorkspaceError::QuotaExceeded { .. } | WorkspaceError::TooManyUploads { .. })
                if options.size_bytes <= old.size_bytes =>
            {
                self.drop_upload(&old.id).await?;
                self.create_upload(actor, workspace, path, options).await
            }
            begun => {
                let begun = begun?;
                self.drop_upload(&old.id).await?;
                Ok(begun)
            }
        }
    }

    /// What a later piece says of conditions and of the digest counts in place of what was said before.
    ///
    /// # Errors
    /// Where something is said: conditions that do not hold now, a digest that is none, an upload that is gone.
    pub async fn restate_upload(&self, actor: &Actor, id: &str, said: &WriteOptions) -> Result<()> {
        let says_conditions = said.preconditions != Preconditions::default();
        if !says_conditions && said.sha256.is_none() {
            return Ok(());
        }
        let target = self.upload_row(actor, id).await?.target;
        let mut options = target.options.clone();
        if says_conditions {
            options.preconditions = said.preconditions.clone();
            options.preconditions.keep_within(actor, &target.name, &target.path);
        }
        options.sha256 = said.sha256.clone().or(options.sha256);
        if options == target.options {
            return Ok(());
        }
        check_options(&options, self.settings().max_file_bytes)?;
        let text = options_text(&options)?;
        let mut write = self.database().write().await?;
        let found = find(&mut write, target.workspace, &target.path).await?;
        check_target(&target.path, found.as_ref(), &options)?;
        sqlx::query("UPDATE uploads SET options = $2 WHERE id = $1")
            .bind(id)
            .bind(text)
            .execute(&mut *write)
            .await?;
        Ok(write.commit().await?)
    }
}
