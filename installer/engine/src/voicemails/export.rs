//! Copies of voicemails in a folder: each recording, and each package as it was delivered, without its link.

use std::path::Path;

use futures_util::stream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use vmx_contract::voicemail_id::VoicemailId;

use super::describe::FoundVoicemail;
use crate::cloud::{Cloud, CloudError};
use crate::files::write_privately;
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;
use vmx_model::digest::sha256_hex;

/// How many are copied at the same time: each is in memory meanwhile.
const AT_ONCE: usize = 4;

/// Why voicemails cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A file could not be written.
    #[error("could not write {name}: {error}")]
    Write {
        /// The file.
        name: String,
        /// Why not.
        error: std::io::Error,
    },
}

/// A voicemail, and the copies of what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The voicemail.
    pub voicemail: FoundVoicemail,
    /// Its recording.
    pub recording: Option<Copied>,
    /// Its package.
    pub package: Option<Copied>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub name: String,
    /// Its checksum, in hexadecimal digits.
    pub sha256: String,
}

/// Copies voicemails into a folder that exists. Only its owner may read the files. Those that are there are replaced.
///
/// # Errors
/// [`ExportError`]; what was copied before stays.
pub async fn export(
    cloud: &Cloud,
    pipeline: &Pipeline,
    voicemails: Vec<FoundVoicemail>,
    folder: &Path,
) -> Result<Vec<Exported>, ExportError> {
    let copies = stream::iter(voicemails).map(|voicemail| one(cloud, pipeline, voicemail, folder));
    copies.buffered(AT_ONCE).try_collect().await
}

async fn one(
    cloud: &Cloud,
    pipeline: &Pipeline,
    voicemail: FoundVoicemail,
    folder: &Path,
) -> Result<Exported, ExportError> {
    let mut exported = Exported { voicemail, recording: None, package: None };
    // The name becomes that of files.
    let Ok(id) = VoicemailId::parse(&exported.voicemail.id) else { return Ok(exported) };
    let (recordings, transcripts) = (&pipeline.recordings, &pipeline.transcripts);
    exported.recording =
        copy(Bucket { cloud, name: recordings }, &id.recording_key(), folder, "wav", &id).await?;
    exported.package =
        copy(Bucket { cloud, name: transcripts }, &id.package_key(), folder, "json", &id).await?;
    Ok(exported)
}

/// Copies an object into a file, unless it does not exist.
async fn copy(
    bucket: Bucket<'_>,
    key: &str,
    folder: &Path,
    extension: &str,
    id: &VoicemailId,
) -> Result<Option<Copied>, ExportError> {
    let Some(read) = bucket.bytes(key).await? else { return Ok(None) };
    let name = format!("{id}.{extension}");
    write_privately(&folder.join(&name), &read.content)
        .map_err(|error| ExportError::Write { name: name.clone(), error })?;
    Ok(Some(Copied { name, sha256: sha256_hex(&read.content) }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing::{Objects, cloud, pipeline};
    use crate::voicemails::State;

    const ID: &str = "00000000-0000-4000-8000-00000000c0de";

    fn found(id: &str) -> FoundVoicemail {
        FoundVoicemail {
            id: id.to_owned(),
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            recipient: None,
            caller: None,
            seconds: None,
            state: State::InProgress,
            modes: Vec::new(),
        }
    }

    #[tokio::test]
    async fn what_there_is_is_copied_and_nothing_leaves_the_folder() {
        let (pipeline, objects) = (pipeline(), Objects::default());
        let at = found(ID).at;
        objects.put(&pipeline.recordings, &format!("{ID}.wav"), "RIFF", at);
        objects.put(&pipeline.transcripts, &format!("packages/{ID}"), "{}", at);
        objects.put(&pipeline.recordings, &format!("{ID}-2.wav"), "RIFF", at);
        let mut cloud = cloud(&[], &[], &[]);
        objects.serve(&mut cloud);
        let folder = tempfile::tempdir().unwrap();
        let all = ["../../x", ID, &format!("{ID}-2"), &format!("{ID}-3")].map(found);
        let exported = export(&cloud, &pipeline, all.to_vec(), folder.path()).await.unwrap();
        let names = |file: fn(&Exported) -> &Option<Copied>| {
            exported.iter().map(|one| file(one).as_ref().map(|file| file.name.clone())).collect::<Vec<_>>()
        };
        let wav = |number: &str| Some(format!("{ID}{number}.wav"));
        assert_eq!(names(|one| &one.recording), [None, wav(""), wav("-2"), None]);
        assert_eq!(names(|one| &one.package), [None, Some(format!("{ID}.json")), None, None]);
        let sha256 = sha256_hex(b"RIFF");
        assert_eq!(exported[1].recording.as_ref().unwrap().sha256, sha256);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
        let gone = export(&cloud, &pipeline, vec![found(ID)], &folder.path().join("none")).await;
        assert!(gone.unwrap_err().to_string().starts_with("could not write 00000000-"));
    }
}
