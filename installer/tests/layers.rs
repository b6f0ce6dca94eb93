//! Imports of the installer run one way: the command line stands on the engine, and the engine on the model.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

/// Names of the packages that a crate depends on, tests left out.
fn dependencies(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("Cargo.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("\n[dependencies]\n").unwrap();
    let section = rest.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_model_knows_no_aws_and_does_not_wait() {
    let names = dependencies("model");
    assert!(names.contains(&"minijinja".to_owned()), "{names:?}");
    let is_outside = |name: &&String| {
        name.starts_with("aws-") || ["tokio", "clap", "dialoguer", "vmx_engine"].contains(&name.as_str())
    };
    assert_eq!(names.iter().filter(is_outside).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_engine_knows_neither_command_line_nor_terminal() {
    let names = dependencies("engine");
    assert!(names.contains(&"aws-sdk-connect".to_owned()), "{names:?}");
    let of_the_front = ["clap", "dialoguer", "indicatif", "miette", "anstream", "vmx-install"];
    let is_outside = |name: &&String| of_the_front.contains(&name.as_str());
    assert_eq!(names.iter().filter(is_outside).collect::<Vec<_>>(), [""; 0]);
}
