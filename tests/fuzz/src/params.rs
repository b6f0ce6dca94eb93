//! `params.yaml`.

use miette::{GraphicalReportHandler, GraphicalTheme};
use vmx_model::params::Params;

/// Parameters that are read are the same when they are written and read again; an error can be shown, with its place.
pub(crate) fn claim(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Params::from_yaml("params.yaml", text) {
        Ok(params) => {
            let written =
                serde_yaml::to_string(&params).unwrap_or_else(|error| panic!("{error}: {params:?}"));
            let again = Params::from_yaml("written.yaml", &written)
                .unwrap_or_else(|error| panic!("{error}: {written}"));
            assert_eq!(again, params);
        }
        Err(error) => {
            let mut shown = String::new();
            let report = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
            report
                .render_report(&mut shown, &error)
                .unwrap_or_else(|fault| panic!("{error} cannot be shown: {fault}"));
            assert!(!shown.is_empty());
        }
    }
}
