//! Checks a flow's text by the rules.

mod parameters;
mod transitions;

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::rules::{ActionRule, Rules, rules};
use crate::{FlowType, Problem, ProblemKind};

/// Everything that is wrong with a flow of a type, in the order of the text. Nothing, if `CreateContactFlow` would
/// publish it.
///
/// Whether the resources exist that a flow names (queues, functions, other flows) is not checked: the service does not
/// either.
#[must_use]
pub fn validate(content: &str, flow_type: FlowType) -> Vec<Problem> {
    let mut problems = Problems::default();
    let rules = rules();
    let length = content.chars().count();
    if length > rules.limits.content_characters {
        problems.flow(
            "",
            format!(
                "the flow has {length} characters; at most {} are allowed",
                rules.limits.content_characters
            ),
        );
        return problems.0;
    }
    match serde_json::from_str::<Value>(content) {
        Ok(Value::Object(flow)) => Validator { rules, flow_type }.flow(&flow, &mut problems),
        Ok(_) => problems.flow("", "the content is no JSON object"),
        Err(error) => problems.flow("", format!("the content is no JSON: {error}")),
    }
    problems.0
}

struct Validator {
    rules: &'static Rules,
    flow_type: FlowType,
}

/// An action and where it stands.
struct Place<'a> {
    /// `Actions[N]`.
    path: String,
    identifier: Option<&'a str>,
}

impl Place<'_> {
    fn path(&self, below: &str) -> String {
        format!("{}.{below}", self.path)
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn flow(&mut self, path: &str, detail: impl Into<String>) {
        self.0.push(Problem {
            kind: ProblemKind::InvalidFlow,
            path: path.to_owned(),
            action: None,
            detail: detail.into(),
        });
    }

    fn action(&mut self, place: &Place<'_>, kind: ProblemKind, path: String, detail: impl Into<String>) {
        self.0.push(Problem {
            kind,
            path,
            action: place.identifier.map(str::to_owned),
            detail: detail.into(),
        });
    }
}

impl Validator {
    fn flow(&self, flow: &Map<String, Value>, problems: &mut Problems) {
        for name in flow.keys() {
            if !["Version", "StartAction", "Metadata", "Actions", "Settings"].contains(&name.as_str()) {
                problems.flow(name, format!("a flow has no member {name}"));
            }
        }
        if flow.get("Version").and_then(Value::as_str) != Some(&self.rules.version) {
            problems.flow("Version", format!("Version must be {:?}", self.rules.version));
        }
        if flow.get("Metadata").is_some_and(|metadata| !metadata.is_object()) {
            problems.flow("Metadata", "Metadata must be an object");
        }
        match (self.flow_type, flow.get("Settings")) {
            (FlowType::Module, None) => problems.flow("Settings", "a module needs Settings"),
            (FlowType::Module, Some(settings)) if !settings.is_object() => {
                problems.flow("Settings", "Settings must be an object");
            }
            (FlowType::Module, Some(_)) | (_, None) => {}
            (_, Some(_)) => problems.flow("Settings", "only a module has Settings"),
        }
        let Some(actions) = flow.get("Actions").and_then(Value::as_array) else {
            problems.flow("Actions", "Actions must be a list of actions");
            return;
        };
        let most = self.rules.limits.actions;
        if actions.is_empty() || actions.len() > most {
            problems.flow(
                "Actions",
                format!("a flow has between 1 and {most} actions, this one has {}", actions.len()),
            );
        }
        let identifiers: HashSet<&str> = actions.iter().filter_map(identifier).collect();
        match flow.get("StartAction").and_then(Value::as_str) {
            Some(start) if identifiers.contains(start) => {}
            Some(start) => {
                problems.flow("StartAction", format!("there is no action {start:?} to start with"))
            }
            None => problems.flow("StartAction", "StartAction must name the action to start with"),
        }
        let mut seen = HashSet::new();
        for (index, action) in actions.iter().enumerate() {
            let place = Place { path: format!("Actions[{index}]"), identifier: identifier(action) };
            let Some(action) = action.as_object() else {
                let path = place.path.clone();
                problems.action(&place, ProblemKind::InvalidValue, path, "an action must be an object");
                continue;
            };
            self.identifier(&place, action, &mut seen, problems);
            self.action(&place, action, &identifiers, problems);
        }
    }

    fn identifier<'a>(
        &self,
        place: &Place<'a>,
        action: &Map<String, Value>,
        seen: &mut HashSet<&'a str>,
        problems: &mut Problems,
    ) {
        let limits = &self.rules.limits;
        let path = place.path("Identifier");
        let Some(identifier) = place.identifier else {
            let kind = if action.contains_key("Identifier") {
                ProblemKind::InvalidValue
            } else {
                ProblemKind::MissingProperty
            };
            problems.action(place, kind, path, "an action needs an identifier, a text");
            return;
        };
        let forbidden = identifier.chars().find(|character| limits.identifier_forbidden.contains(*character));
        let detail = if identifier.is_empty() {
            Some("an identifier must not be empty".to_owned())
        } else if identifier.chars().count() > limits.identifier_characters {
            Some(format!("an identifier has at most {} characters", limits.identifier_characters))
        } else if let Some(forbidden) = forbidden {
            Some(format!("an identifier must not have the character {forbidden:?}"))
        } else if seen.insert(identifier) {
            None
        } else {
            Some("another action has the same identifier".to_owned())
        };
        if let Some(detail) = detail {
            problems.action(place, ProblemKind::InvalidValue, path, detail);
        }
    }

    fn action(
        &self,
        place: &Place<'_>,
        action: &Map<String, Value>,
        identifiers: &HashSet<&str>,
        problems: &mut Problems,
    ) {
        for name in action.keys() {
            if !["Identifier", "Type", "Parameters", "Transitions"].contains(&name.as_str()) {
                let detail = format!("an action has no member {name}");
                problems.action(place, ProblemKind::InvalidName, place.path(name), detail);
            }
        }
        let Some(kind) = action.get("Type").and_then(Value::as_str) else {
            let detail = "an action needs a type, a text";
            problems.action(place, ProblemKind::MissingProperty, place.path("Type"), detail);
            return;
        };
        let Some(rule) = self.rules.actions.get(kind) else {
            let detail = format!("there is no action type {kind}, or none whose rules are known");
            problems.action(place, ProblemKind::InvalidType(kind.to_owned()), place.path("Type"), detail);
            return;
        };
        if rule.flow_types.as_ref().is_some_and(|types| !types.contains(&self.flow_type)) {
            let detail = format!("{kind} is not available in flows of type {}", self.flow_type);
            problems.action(place, ProblemKind::InvalidType(kind.to_owned()), place.path("Type"), detail);
        }
        let form = form_of(rule, action.get("Parameters"));
        parameters::check(place, kind, rule, form, action.get("Parameters"), problems);
        transitions::check(place, kind, rule, form, action.get("Transitions"), identifiers, problems);
    }
}

fn identifier(action: &Value) -> Option<&str> {
    action.get("Identifier").and_then(Value::as_str)
}

/// The further rule that an action's parameters choose.
fn form_of<'a>(rule: &'a ActionRule, parameters: Option<&Value>) -> Option<&'a ActionRule> {
    let forms = rule.forms.as_ref()?;
    let value = parameters?.get(&forms.by)?.as_str()?;
    forms.of.get(value)
}
