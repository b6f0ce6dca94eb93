//! `render`: writes the documents for review. Needs no AWS and no credentials.

use std::fs;
use std::path::Path;

use super::installation::resolve;
use crate::cli::{DocumentArgs, ParamsArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::files::write_atomically;
use vmx_model::facts::Facts;
use vmx_model::render::{Rendered, render};

/// Writes the template and the flows.
pub(super) fn render_all(documents: &DocumentArgs, view: &dyn EventView) -> Result<(), Failure> {
    let rendered = rendered(&documents.params, view)?;
    let template = (format!("{}.yaml", rendered.stack.name), rendered.stack.template_body.clone());
    let files = std::iter::once(template).chain(flows(&rendered));
    write(&documents.out, files, view)
}

/// Renders for a made-up account.
pub(super) fn rendered(params: &ParamsArgs, view: &dyn EventView) -> Result<Rendered, Failure> {
    let params = resolve(params, view)?.params;
    Ok(render(&params, &Facts::example(&params))?)
}

/// Names and contents of the flows' files.
pub(super) fn flows(rendered: &Rendered) -> impl Iterator<Item = (String, String)> {
    rendered.flows.iter().map(|flow| (format!("{}.json", flow.key), flow.content.clone()))
}

/// Writes each file completely or not at all, after all of them are rendered.
pub(super) fn write(
    folder: &Path,
    files: impl Iterator<Item = (String, String)>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| Failure::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, content) in files {
        let path = folder.join(name);
        write_atomically(&path, content.as_bytes()).map_err(failed(&path))?;
        view.tell(&Event::Written { path });
    }
    Ok(())
}
