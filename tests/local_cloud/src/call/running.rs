//! Published flows, ready to run.

use std::sync::Arc;

use flow_language::Flow;

use super::error::CallError;
use crate::connect::Connect;

/// A running flow or module.
pub(super) struct Running {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) flow: Flow,
}

impl Running {
    fn parse(id: String, name: String, content: &str) -> Result<Arc<Self>, CallError> {
        match Flow::parse(content) {
            Ok(flow) => Ok(Arc::new(Self { id, name, flow })),
            Err(source) => Err(CallError::Unreadable { flow: name, source }),
        }
    }
}

/// Loads a published flow of the contact center, by ID or ARN.
pub(super) fn load(connect: &Connect, id_or_arn: &str) -> Result<Arc<Running>, CallError> {
    let (id, name, content) = {
        let center = connect.center();
        let flow = center.flow(id_or_arn).ok_or_else(|| CallError::NoFlow(id_or_arn.to_owned()))?;
        (flow.id.clone(), flow.document.name.clone(), flow.document.published.clone())
    };
    let Some(content) = content else {
        let reason = "it has not been published".to_owned();
        return Err(CallError::NotCallable { flow: name, reason });
    };
    Running::parse(id, name, &content)
}

/// Loads a module of the contact center, by ID or ARN. The error is a reason, which only fails a block.
pub(super) fn load_module(
    connect: &Connect,
    id_or_arn: &str,
) -> Result<Result<Arc<Running>, String>, CallError> {
    let (id, name, content) = {
        let center = connect.center();
        let Some(module) = center.module(id_or_arn) else {
            return Ok(Err(format!("there is no module {id_or_arn:?}")));
        };
        if !module.is_active() {
            return Ok(Err(format!("the module {:?} is archived", module.document.name)));
        }
        (module.id.clone(), module.document.name.clone(), module.content().to_owned())
    };
    Running::parse(id, name, &content).map(Ok)
}
