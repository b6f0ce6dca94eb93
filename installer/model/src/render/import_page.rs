//! The instructions for importing flows by hand.

use std::fmt::Write as _;

use flow_language::FlowType;

use super::documents::FlowDocument;

/// How to import these flows' files in the console: their order and types. Markdown.
#[must_use]
pub fn import_page(flows: &[FlowDocument]) -> String {
    let mut page = "# Importing these flows\n\n\
        In the Amazon Connect console, open Routing, Flows. For each file, in this order:\n\n\
        1. Create a flow of the type below. The console imports a file only into a flow of the same type.\n\
        2. Choose *Import* in the menu beside *Save*, and select the file.\n\
        3. A queue or flow that is not found by its name is marked in its block: select yours.\n\
        4. Publish the flow.\n\n\
        | | file | type in the console | name | what it does |\n|---|---|---|---|---|\n"
        .to_owned();
    for (number, flow) in flows.iter().enumerate() {
        let (name, description) = (&flow.name, &flow.description);
        let place = if flow.flow_type == FlowType::Module { " (on the Modules tab)" } else { "" };
        let kind = flow.flow_type.console_name();
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "| {} | {}.json | {kind}{place} | {name} | {description} |", number + 1, flow.key);
    }
    page
}
