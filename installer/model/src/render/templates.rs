//! The templates, embedded in the program, and the engine that renders them.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

/// A document that could not be rendered. Parameters and facts are checked before they come here, so this is a fault
/// of a template: of the program, not of its input.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template is wrong or asks for something that is not there.
    #[error("could not render the template {template}: {source:#}; this is a bug in vmx-install")]
    Template {
        /// The template.
        template: &'static str,
        /// What the engine says.
        source: minijinja::Error,
    },
    /// A flow's template gave a text that is no flow.
    #[error("the template {template} does not produce a flow: {source}; this is a bug in vmx-install")]
    NotAFlow {
        /// The template.
        template: &'static str,
        /// What is wrong with the text.
        source: flow_language::ParseError,
    },
}

/// Embeds templates under the paths by which they include each other.
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

/// Renders one template. An undefined name is an error, and nothing is escaped by itself: templates write every value
/// with `tojson`, which is right in JSON and in YAML.
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

/// A statement on a line of its own leaves no trace of the line.
fn lines_of_their_own() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
}
