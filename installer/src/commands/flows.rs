//! `flows`: draws and checks flows. Needs no AWS and no credentials.

use std::fs;
use std::path::{Path, PathBuf};

use flow_language::check::{self, Document, Options, Source, read_files, recognize};
use flow_language::{Designer, Flow, draw};
use vmx_contract::attributes::task;

use super::documents;
use crate::cli::{FlowsArgs, FlowsCommand, FlowsFormat};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::files::write_atomically;
use vmx_model::render::{contact_attributes, import_page};

/// Writes, draws or checks flows.
pub(super) fn flows(args: FlowsArgs, view: &dyn EventView) -> Result<(), Failure> {
    if let Some(FlowsCommand::Check { files, flow_type, attributes, format }) = args.command {
        // The packager sets these on a task; no flow does.
        let packagers = task::ALL.map(str::to_owned);
        let given_attributes = attributes.into_iter().chain(packagers).collect();
        return check(
            &files,
            format,
            &Options { flow_type, given_attributes, read_attributes: contact_attributes() },
            view,
        );
    }
    if !args.files.is_empty() {
        let files = read_files(&args.files)?;
        let (flows, undrawn) = drawable(&files.sources)?;
        tell_skipped([files.skipped, undrawn].concat(), view);
        return draw(&flows, args.html.as_deref(), args.mermaid, view);
    }
    let rendered = documents::rendered(&args.params, view)?;
    if let Some(folder) = &args.out {
        let page = ("ORDER.md".to_owned(), import_page(&rendered.flows));
        documents::write(folder, documents::flows(&rendered).chain([page]), view)?;
    }
    let sources: Vec<Source> =
        documents::flows(&rendered).map(|(name, text)| Source { name, text, named: true }).collect();
    draw(&drawable(&sources)?.0, args.html.as_deref(), args.mermaid, view)
}

/// Checks files, and fails if Amazon Connect would refuse one of them.
fn check(
    files: &[PathBuf],
    format: FlowsFormat,
    options: &Options,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let files = read_files(files)?;
    tell_skipped(files.skipped, view);
    let reports = check::flows(&files.sources, options);
    let refused = reports.iter().filter(|report| report.is_refused()).count();
    let checked = match reports.len() {
        1 => "1 flow".to_owned(),
        count => format!("{count} flows"),
    };
    match format {
        FlowsFormat::Sarif => view.tell(&Event::Document { text: format!("{:#}\n", check::sarif(&reports)) }),
        FlowsFormat::Text => {
            for report in reports {
                view.tell(&Event::FlowChecked { report });
            }
        }
    }
    if refused == 0 { Ok(()) } else { Err(Failure::FlowsRefused { refused, checked }) }
}

/// Names the files of directories that hold no flow.
fn tell_skipped(files: Vec<PathBuf>, view: &dyn EventView) {
    if !files.is_empty() {
        view.tell(&Event::FilesSkipped { files });
    }
}

/// The flows in files, each with its own name or the file's, and the files of directories that have none to draw.
fn drawable(sources: &[Source]) -> Result<(Vec<Flow>, Vec<PathBuf>), Failure> {
    let (mut flows, mut skipped) = (Vec::new(), Vec::new());
    for source in sources {
        match flows_in(source) {
            Ok(found) => flows.extend(found),
            // A directory may contain anything.
            Err(_) if !source.named => skipped.push(PathBuf::from(&source.name)),
            Err(why) => return Err(Failure::NotDrawn { file: source.name.clone(), why }),
        }
    }
    Ok((flows, skipped))
}

fn flows_in(source: &Source) -> Result<Vec<Flow>, String> {
    let named = |document: Document| {
        let mut flow = Flow::parse(&document.content).map_err(|error| error.to_string())?;
        if Designer::new(&flow.metadata).name().is_none() {
            let name = document.name.unwrap_or_else(|| match document.place.as_str() {
                "" => source.name.clone(),
                place => format!("{}, {place}", source.name),
            });
            flow.metadata.insert("name".to_owned(), name.into());
        }
        Ok(flow)
    };
    recognize(source)?.into_iter().map(named).collect()
}

fn draw(flows: &[Flow], html: Option<&Path>, mermaid: bool, view: &dyn EventView) -> Result<(), Failure> {
    if let Some(path) = html {
        let failed = |source| Failure::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        write_atomically(path, draw::html(flows).as_bytes()).map_err(failed)?;
        view.tell(&Event::Written { path: path.to_owned() });
    }
    if mermaid {
        let drawn = flows.iter().map(|flow| {
            let name = Designer::new(&flow.metadata).name().unwrap_or("flow");
            format!("## {name}\n\n```mermaid\n{}\n```\n", draw::mermaid(flow).trim_end())
        });
        view.tell(&Event::Document { text: drawn.collect::<Vec<_>>().join("\n") });
    }
    Ok(())
}
