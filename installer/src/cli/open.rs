//! Arguments of `open`.

use clap::Args;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_engine::console::Page;

use super::InstallationArgs;
use vmx_model::parts::Step;

/// What to open.
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// dashboard, stack, stream, a queue (record, transcribe, deliver), or a contact's ID for its recording
    #[arg(value_name = "WHAT", value_parser = opened)]
    pub what: Opened,
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
}

/// What can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A page of the AWS console.
    Page(Page),
    /// The recording of a voicemail.
    Recording(VoicemailId),
}

fn opened(text: &str) -> Result<Opened, String> {
    let page = match text {
        "dashboard" => Page::Dashboard,
        "stack" => Page::Stack,
        "stream" => Page::Stream,
        _ => match Step::ALL.into_iter().find(|step| step.as_str() == text) {
            Some(step) => Page::Queue(step),
            None => {
                return VoicemailId::parse(text).map(Opened::Recording).map_err(|_| {
                    "neither a contact's ID nor one of dashboard, stack, stream, record, transcribe and deliver"
                        .to_owned()
                });
            }
        },
    };
    Ok(Opened::Page(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_recordings_are_known_by_their_names() {
        assert_eq!(opened("dashboard"), Ok(Opened::Page(Page::Dashboard)));
        assert_eq!(opened("deliver"), Ok(Opened::Page(Page::Queue(Step::Deliver))));
        let id = "00000000-0000-4000-8000-00000000c0de";
        assert!(matches!(opened(id), Ok(Opened::Recording(found)) if found.to_string() == id));
        assert!(opened("dashbord").is_err_and(|error| error.contains("dashboard, stack, stream")));
    }
}
