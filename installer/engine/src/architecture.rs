//! The architecture of the functions, if the parameters leave it open.

use crate::build::BuildError;
use vmx_model::actual::StackState;
use vmx_model::params::{Architecture, ArchitectureChoice};

/// What decides, in addition to the parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The architecture of the installed functions.
    pub deployed: Option<Architecture>,
    /// The architecture of the packages to install.
    pub packages: Option<Architecture>,
    /// Whether a custom endpoint stands in for AWS and runs functions on this machine.
    pub own_endpoint: bool,
}

/// Chooses an architecture and says why, unless the parameters name one. `offers` says whether there are functions for
/// an architecture, or can be; it is called last, because it may look for compilers.
pub fn settle(
    choice: ArchitectureChoice,
    known: Circumstances,
    offers: impl FnOnce(Architecture) -> Result<(), BuildError>,
) -> (Architecture, Option<String>) {
    if let Some(chosen) = choice.chosen() {
        return (chosen, None);
    }
    let (architecture, why) = if let Some(deployed) = known.deployed {
        (deployed, "the installation uses it; change it with `architecture` in the parameters".to_owned())
    } else if let Some(packages) = known.packages {
        (packages, "the packages are built for it".to_owned())
    } else if known.own_endpoint {
        (of_this_machine(), "AWS_ENDPOINT_URL is set, and the local cloud runs the functions here".to_owned())
    } else {
        match offers(Architecture::Arm64) {
            Ok(_) => (Architecture::Arm64, "it costs less than x86_64".to_owned()),
            Err(error) => {
                (Architecture::X86_64, format!("arm64 would cost less, but it is not available: {error}"))
            }
        }
    };
    (architecture, Some(format!("the functions are for {}: {why}", architecture.as_str())))
}

fn of_this_machine() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

/// The architecture of a stack's functions, from its template.
#[must_use]
pub fn of_stack(stack: &StackState) -> Option<Architecture> {
    let template: serde_yaml::Value = serde_yaml::from_str(&stack.template).ok()?;
    let resources = template.get("Resources")?.as_mapping()?;
    let function = resources.values().find(|resource| {
        resource.get("Type").and_then(|kind| kind.as_str()) == Some("AWS::Lambda::Function")
    })?;
    Architecture::parse(function.get("Properties")?.get("Architectures")?.get(0)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yes(_: Architecture) -> Result<(), BuildError> {
        Ok(())
    }

    fn no(_: Architecture) -> Result<(), BuildError> {
        Err(BuildError::NoTarget { target: "aarch64-unknown-linux-gnu", package: None })
    }

    #[test]
    fn every_circumstance_has_its_rank() {
        use Architecture::{Arm64, X86_64};
        let none = Circumstances::default();
        let deployed = Circumstances { deployed: Some(X86_64), packages: Some(Arm64), own_endpoint: true };
        let packages = Circumstances { packages: Some(Arm64), own_endpoint: true, ..none };
        let own_endpoint = Circumstances { own_endpoint: true, ..none };
        assert_eq!(settle(Arm64.into(), deployed, no), (Arm64, None));
        assert_eq!(settle(X86_64.into(), none, yes), (X86_64, None));
        let auto = ArchitectureChoice::Auto;
        for (known, offers, architecture, why) in [
            (deployed, yes as fn(_) -> _, X86_64, "the installation uses it"),
            (packages, no, Arm64, "the packages are built for it"),
            (own_endpoint, yes, of_this_machine(), "AWS_ENDPOINT_URL is set"),
            (none, yes, Arm64, "it costs less than x86_64"),
            (none, no, X86_64, "`rustup target add aarch64-unknown-linux-gnu`"),
        ] {
            let (settled, said) = settle(auto, known, offers);
            let said = said.unwrap_or_default();
            assert_eq!(settled, architecture, "{said}");
            assert!(said.contains(architecture.as_str()) && said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_stack_says_what_its_functions_run_on() {
        let of =
            |template: &str| of_stack(&StackState { template: template.into(), ..StackState::default() });
        let function = "Resources:\n  B: {Type: AWS::S3::Bucket}\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: !GetAtt R.Arn\n      Architectures:\n        - arm64\n";
        assert_eq!(of(function), Some(Architecture::Arm64));
        for other in ["", "Resources: {}", "Resources:\n  F: {Type: AWS::Lambda::Function}", ": no yaml"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
