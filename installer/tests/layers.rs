//! Imports of the installer run one way: the command line stands on the engine, and the engine on the model. The pages
//! that say where to change what name files that exist.
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
        name.starts_with("aws-") || ["tokio", "clap", "inquire", "vmx_engine"].contains(&name.as_str())
    };
    assert_eq!(names.iter().filter(is_outside).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_engine_knows_neither_command_line_nor_terminal() {
    let names = dependencies("engine");
    assert!(names.contains(&"aws-sdk-connect".to_owned()), "{names:?}");
    let of_the_front = ["clap", "inquire", "indicatif", "miette", "anstream", "vmx-install"];
    let is_outside = |name: &&String| of_the_front.contains(&name.as_str());
    assert_eq!(names.iter().filter(is_outside).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_map_names_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        // What is between backticks and looks like a path in the checkout.
        let is_path = |text: &&str| {
            text.contains('/')
                && !text.contains([' ', '<', '*', '{', '\n'])
                && !text.starts_with(['/', '~', '-'])
        };
        let paths: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_path).collect();
        let missing: Vec<&&str> = paths.iter().filter(|path| !root.join(path).exists()).collect();
        assert!(paths.len() > 10 && missing.is_empty(), "{page}: {missing:?}");
    }
}
