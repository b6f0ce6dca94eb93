//! The embedded templates, and their rendering.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

/// A document that could not be rendered. Parameters and facts are already checked, so this is a bug in a template.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template is invalid or uses an undefined name.
    #[error("could not render the template {template}: {source:#}; this is a bug in vmx-install")]
    Template {
        /// The template.
        template: &'static str,
        /// The engine's error.
        source: minijinja::Error,
    },
    /// A flow's template did not produce a flow.
    #[error("the template {template} does not produce a flow: {source}; this is a bug in vmx-install")]
    NotAFlow {
        /// The template.
        template: &'static str,
        /// What is wrong with the text.
        source: flow_language::ParseError,
    },
}

/// Embeds templates under the paths of their includes.
macro_rules! embedded {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../../../../", $path)))),+]
    };
}

const TEMPLATES: [(&str, &str); 23] = embedded![
    "flows/agent_guide.json.j2",
    "flows/agent_whisper.json.j2",
    "flows/customer_whisper.json.j2",
    "flows/in_queue_offer.json.j2",
    "flows/macros.j2",
    "flows/message.j2",
    "flows/task.json.j2",
    "flows/test_line.json.j2",
    "flows/voicemail.json.j2",
    "templates/alarms.yaml.j2",
    "templates/buckets.yaml.j2",
    "templates/delivery.yaml.j2",
    "templates/kvs_to_s3.yaml.j2",
    "templates/macros.j2",
    "templates/operators.j2",
    "templates/packager.yaml.j2",
    "templates/playback.yaml.j2",
    "templates/queues.yaml.j2",
    "templates/stream.yaml.j2",
    "templates/transcriber.yaml.j2",
    "templates/transcripts.j2",
    "templates/voicemail-express.yaml.j2",
    "templates/watchdog.yaml.j2",
];

/// Renders one template. An undefined name is an error, and nothing is escaped automatically: templates write every
/// value with `tojson`, which is valid in JSON and in YAML.
pub(super) fn render(template: &'static str, context: Value) -> Result<String, RenderError> {
    let failed = |source| RenderError::Template { template, source };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_syntax(lines_of_their_own().map_err(failed)?);
    for (path, source) in TEMPLATES {
        environment.add_template(path, source).map_err(failed)?;
    }
    environment.get_template(template).and_then(|found| found.render(context)).map_err(failed)
}

/// A statement on its own line leaves no empty line.
fn lines_of_their_own() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
}
