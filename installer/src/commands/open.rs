//! `open`: an address to look at, and a browser that shows it.

use std::env;
use std::process::{Command, Stdio};

use super::installation::connect;
use crate::cli::{OpenArgs, Opened};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::approver::Approver;
use vmx_engine::console::{Page, address, recording};
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::progress::Progress;

/// Prints an address, and opens it in a browser if somebody sits at this machine.
pub(super) async fn open(
    args: &OpenArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    if let (Opened::Page(_), true, Some(endpoint)) = (&args.what, cloud.is_local(), &cloud.endpoint) {
        return Err(Failure::NoConsole { endpoint: endpoint.clone() });
    }
    let stack = find_stack(&cloud, params.stack.as_str()).await?;
    let url = match &args.what {
        Opened::Page(page) => address(*page, &stack, &cloud.region)
            .ok_or_else(|| Failure::NoPage { stack: stack.name.clone(), what: name(*page) })?,
        Opened::Recording(id) => {
            let found = recording(&cloud, &Pipeline::of(&stack)?, id).await?;
            found.ok_or_else(|| Failure::NoRecording { id: id.clone() })?
        }
    };
    view.tell(&Event::Document { text: format!("{url}\n") });
    if approver.is_there()
        && let Some(browser) = browser(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
        && let Err(error) = show(browser, &url)
    {
        let text = format!("could not start {browser}: {error}; open the address yourself");
        view.show(&Progress::Warning { text });
    }
    Ok(())
}

fn name(page: Page) -> &'static str {
    match page {
        Page::Dashboard => "dashboard",
        Page::Stack => "page of its own",
        Page::Stream => "stream",
        Page::Queue(_) => "such queue",
    }
}

/// The program that shows an address, if there is a screen to show it on.
fn browser(is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
    if is_set("SSH_CONNECTION") {
        return None;
    }
    if cfg!(target_os = "macos") {
        return Some("open");
    }
    ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(is_set).then_some("xdg-open")
}

/// Starts the browser and does not wait for it. It must not write to this terminal.
fn show(browser: &str, url: &str) -> std::io::Result<()> {
    let mut command = Command::new(browser);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn a_browser_needs_a_screen_of_this_machine() {
        let with = |names: &'static [&'static str]| browser(|name| names.contains(&name));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&["DISPLAY"]), Some("xdg-open"));
        assert_eq!(with(&["WAYLAND_DISPLAY"]), Some("xdg-open"));
        assert_eq!(with(&["DISPLAY", "SSH_CONNECTION"]), None);
    }
}
