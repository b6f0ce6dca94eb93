//! Terraform's language as JSON, for the flows in it.

use hcl::expr::TemplateExpr;
use hcl::{Body, Expression, Structure};
use serde_json::{Map, Value};

/// A module's blocks and attributes. `None` if the text is something else.
pub(super) fn read(text: &str) -> Option<Value> {
    hcl::parse(text).ok().map(|body| block(&body))
}

fn block(body: &Body) -> Value {
    let mut members = Map::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                members.insert(attribute.key.to_string(), value(&attribute.expr));
            }
            Structure::Block(inner) => {
                let mut names = std::iter::once(inner.identifier.as_str())
                    .chain(inner.labels.iter().map(hcl::structure::BlockLabel::as_str));
                let first = names.next().unwrap_or_default();
                let mut place = members.entry(first).or_insert_with(|| Value::Object(Map::new()));
                for name in names {
                    if !place.is_object() {
                        *place = Value::Object(Map::new());
                    }
                    place = &mut place[name];
                }
                // A block without a name can be repeated; flows are not in those.
                *place = block(&inner.body);
            }
        }
    }
    Value::Object(members)
}

/// An expression's value. What only Terraform can evaluate becomes a placeholder.
fn value(expression: &Expression) -> Value {
    match expression {
        Expression::Null => Value::Null,
        Expression::Bool(bool) => Value::from(*bool),
        Expression::String(text) => Value::from(text.as_str()),
        Expression::Number(number) => serde_json::to_value(number).unwrap_or_default(),
        Expression::Array(items) => items.iter().map(value).collect(),
        Expression::Object(members) => {
            let member = |(key, member): (&hcl::expr::ObjectKey, &Expression)| {
                let key = match key {
                    hcl::expr::ObjectKey::Expression(Expression::String(name)) => name.clone(),
                    other => other.to_string(),
                };
                (key, value(member))
            };
            Value::Object(members.iter().map(member).collect())
        }
        Expression::TemplateExpr(template) => match &**template {
            TemplateExpr::QuotedString(text) => Value::from(text.as_str()),
            TemplateExpr::Heredoc(heredoc) => Value::from(heredoc.template.as_str()),
        },
        Expression::Parenthesis(inner) => value(inner),
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
            call.args.first().map(value).unwrap_or_default()
        }
        _ => Value::from("${…}"),
    }
}
