//! Checks a flow's text by the rules.

mod parameters;
mod transitions;

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::rules::{ActionRule, Basis, Rules, rules};
use crate::{FlowType, Problem, ProblemKind};

/// What `CreateContactFlow` refuses in a flow of a type, in the order of the text. Empty if it would publish the flow.
///
/// Whether a flow's resources exist (queues, functions, other flows) is not checked; the service does not check it
/// either. Of a campaign, only the structure is checked.
#[must_use]
pub fn validate(content: &str, flow_type: FlowType) -> Vec<Problem> {
    let problems = examine(content, flow_type).into_iter();
    problems.filter(|problem| problem.is_certain).collect()
}

/// The same with what is doubtful: see [`Problem::is_certain`].
#[must_use]
pub fn examine(content: &str, flow_type: FlowType) -> Vec<Problem> {
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
            "move a part into its own flow or a module",
        );
        return problems.found;
    }
    match serde_json::from_str::<Value>(content) {
        Ok(Value::Object(flow)) => Validator { rules, flow_type }.flow(&flow, &mut problems),
        Ok(_) => problems.flow("", "the content is not a JSON object", NO_FLOW),
        Err(error) => problems.flow("", format!("the content is invalid JSON: {error}"), NO_FLOW),
    }
    problems.found
}

/// The fix for a text that is not a flow.
const NO_FLOW: &str = "export the flow again, or use the Content returned by DescribeContactFlow";

struct Validator {
    rules: &'static Rules,
    flow_type: FlowType,
}

/// An action and its position.
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
struct Problems {
    found: Vec<Problem>,
    /// Whether the rule being checked is doubtful.
    doubted: bool,
}

impl Problems {
    /// Checks by rules that may be doubtful.
    fn by(&mut self, doubted: bool, check: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.doubted, doubted);
        check(self);
        self.doubted = outer;
    }

    fn flow(&mut self, path: &str, detail: impl Into<String>, fix: impl Into<String>) {
        self.found.push(Problem {
            kind: ProblemKind::InvalidFlow,
            path: path.to_owned(),
            action: None,
            detail: detail.into(),
            fix: fix.into(),
            is_certain: true,
        });
    }

    fn action(
        &mut self,
        place: &Place<'_>,
        kind: ProblemKind,
        path: String,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let detail: String = detail.into();
        let detail = if self.doubted { format!("by the documentation, {detail}") } else { detail };
        self.found.push(Problem {
            kind,
            path,
            action: place.identifier.map(str::to_owned),
            detail,
            fix: fix.into(),
            is_certain: !self.doubted,
        });
    }
}

impl Validator {
    fn flow(&self, flow: &Map<String, Value>, problems: &mut Problems) {
        for name in flow.keys() {
            if !["Version", "StartAction", "Metadata", "Actions", "Settings"].contains(&name.as_str()) {
                problems.flow(name, format!("a flow has no member {name}"), format!("remove {name}"));
            }
        }
        if flow.get("Version").and_then(Value::as_str) != Some(&self.rules.version) {
            let version = &self.rules.version;
            let fix = format!("write \"Version\": {version:?}");
            problems.flow("Version", format!("Version must be {version:?}"), fix);
        }
        if flow.get("Metadata").is_some_and(|metadata| !metadata.is_object()) {
            problems.flow("Metadata", "Metadata must be an object", "write \"Metadata\": {} or omit it");
        }
        match (self.flow_type, flow.get("Settings")) {
            (FlowType::Module, None) => {
                problems.flow("Settings", "a module needs Settings", "add \"Settings\": {} beside Actions");
            }
            (FlowType::Module, Some(settings)) if !settings.is_object() => {
                problems.flow("Settings", "Settings must be an object", "write \"Settings\": {}");
            }
            (FlowType::Module, Some(_)) | (_, None) => {}
            (_, Some(_)) => {
                let fix = "remove Settings, or make the flow a module";
                problems.flow("Settings", "only a module has Settings", fix);
            }
        }
        let Some(actions) = flow.get("Actions").and_then(Value::as_array) else {
            let fix = "write \"Actions\": [ … ], with one object for each block";
            problems.flow("Actions", "Actions must be a list of actions", fix);
            return;
        };
        let most = self.rules.limits.actions;
        if actions.is_empty() || actions.len() > most {
            problems.flow(
                "Actions",
                format!("a flow has between 1 and {most} actions, but this one has {}", actions.len()),
                if actions.is_empty() { "add a block" } else { "move a part into its own flow" },
            );
        }
        let identifiers: HashSet<&str> = actions.iter().filter_map(identifier).collect();
        match flow.get("StartAction").and_then(Value::as_str) {
            Some(start) if identifiers.contains(start) => {}
            Some(start) => {
                let detail = format!("the action {start:?} to start with does not exist");
                problems.flow("StartAction", detail, connect_to(start, &identifiers));
            }
            None => {
                let fix = "write \"StartAction\": and the identifier of the first block";
                problems.flow("StartAction", "StartAction must name the action to start with", fix);
            }
        }
        let mut seen = HashSet::new();
        for (index, action) in actions.iter().enumerate() {
            let place = Place { path: format!("Actions[{index}]"), identifier: identifier(action) };
            let Some(action) = action.as_object() else {
                let path = place.path.clone();
                let fix = "write the block as an object with Identifier, Type, Parameters and Transitions";
                problems.action(&place, ProblemKind::InvalidValue, path, "an action must be an object", fix);
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
            let fix = "give the block its own name, as a string";
            problems.action(place, kind, path, "an action needs an identifier, a string", fix);
            return;
        };
        let forbidden = identifier.chars().find(|character| limits.identifier_forbidden.contains(*character));
        let detail = if identifier.is_empty() {
            Some("an identifier must not be empty".to_owned())
        } else if identifier.chars().count() > limits.identifier_characters {
            Some(format!("an identifier has at most {} characters", limits.identifier_characters))
        } else if let Some(forbidden) = forbidden {
            Some(format!("an identifier must not have the character {forbidden:?}"))
        } else if limits.identifiers_forbidden.iter().any(|forbidden| forbidden == identifier) {
            Some(format!("{identifier} is one of the names that an identifier must not be"))
        } else if seen.insert(identifier) {
            None
        } else {
            Some("another action has the same identifier".to_owned())
        };
        if let Some(detail) = detail {
            let fix = "rename the block here, in the transitions to it and in Metadata";
            problems.action(place, ProblemKind::InvalidValue, path, detail, fix);
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
                let fix = format!("remove {name}");
                problems.action(place, ProblemKind::InvalidName, place.path(name), detail, fix);
            }
        }
        let Some(kind) = action.get("Type").and_then(Value::as_str) else {
            let detail = "an action needs a type, a string";
            let fix = "say what the block does, for example \"Type\": \"MessageParticipant\"";
            problems.action(place, ProblemKind::MissingProperty, place.path("Type"), detail, fix);
            return;
        };
        let parameters = action.get("Parameters");
        let transitions = action.get("Transitions");
        let judged = self.flow_type != FlowType::Campaign;
        let Some(rule) = self.rules.actions.get(kind).filter(|_| judged) else {
            if judged && !self.rules.knows(kind) {
                let recorded = &self.rules.recorded;
                let detail = format!("no documentation lists the action type {kind} (read on {recorded})");
                let fix = match nearest(kind, self.rules.types()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "look up the type in the developer guide's list of flow actions; a newer one is \
                             accepted in a flow that was exported as published"
                        .to_owned(),
                };
                let problem = ProblemKind::InvalidType(kind.to_owned());
                problems.action(place, problem, place.path("Type"), detail, fix);
            }
            // What holds for all actions.
            PARAMETERS.members(place, parameters, problems);
            transitions::check_targets(place, transitions, identifiers, problems);
            return;
        };
        let documented = rule.basis == Basis::Documented;
        if let Some(types) = rule.flow_types.as_ref().filter(|types| !types.contains(&self.flow_type)) {
            let detail = format!("{kind} is not available in flows of type {}", self.flow_type);
            let types: Vec<&str> = types.iter().map(|flow_type| flow_type.as_str()).collect();
            let fix = format!("remove the block, or make the flow one of {}", types.join(", "));
            problems.by(documented || rule.doubted_flow_types, |problems| {
                let problem = ProblemKind::InvalidType(kind.to_owned());
                problems.action(place, problem, place.path("Type"), detail, fix);
            });
        }
        let form = form_of(rule, parameters);
        problems.by(documented, |problems| {
            parameters::check(place, kind, rule, form, parameters, problems);
            transitions::check(place, kind, rule, form, transitions, identifiers, problems);
        });
    }
}

fn identifier(action: &Value) -> Option<&str> {
    action.get("Identifier").and_then(Value::as_str)
}

/// A member of an action that must be an object, and how to write one.
struct Object {
    name: &'static str,
    fix: &'static str,
}

const PARAMETERS: Object =
    Object { name: "Parameters", fix: "write \"Parameters\": {}, with names and values inside" };
const TRANSITIONS: Object = Object {
    name: "Transitions",
    fix: "write \"Transitions\": {} with NextAction, Errors and Conditions inside",
};

impl Object {
    /// Its members. What is not an object is reported.
    fn members<'a>(
        &self,
        place: &Place<'_>,
        value: Option<&'a Value>,
        problems: &mut Problems,
    ) -> Option<&'a Map<String, Value>> {
        let value = value?;
        if !value.is_object() {
            let detail = format!("{} must be an object", self.name);
            problems.action(place, ProblemKind::InvalidValue, place.path(self.name), detail, self.fix);
        }
        value.as_object()
    }
}

/// The fix for a transition to a missing action.
fn connect_to(target: &str, identifiers: &HashSet<&str>) -> String {
    match nearest(target, identifiers.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "connect the branch to a block of this flow".to_owned(),
    }
}

/// The name that was probably intended: the closest one, if it is close.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // Very different lengths are different names.
    let (distance, near) = known
        .take(250)
        .filter(|known| length <= 64 && known.chars().count().abs_diff(length) <= 2)
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known))
        .min()?;
    // Two typos in a short name make another name.
    (distance <= 2 && distance * 4 <= near.chars().count()).then_some(near)
}

/// The additional rules chosen by an action's parameters.
fn form_of<'a>(rule: &'a ActionRule, parameters: Option<&Value>) -> Option<&'a ActionRule> {
    let forms = rule.forms.as_ref()?;
    match parameters?.get(&forms.by) {
        Some(value) => forms.of.get(value.as_str()?),
        None => forms.of.get(&forms.otherwise),
    }
}
