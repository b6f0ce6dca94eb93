//! Whether another installation, or an earlier system, uses the same instance.
//!
//! Both would record and deliver every voicemail.

use crate::cloud::{Cloud, CloudError, wrap};
use crate::discover::{parameters, stacks};
use crate::finding::{Code, Finding};
use vmx_model::actual::{Actual, Settled};
use vmx_model::ancestor::Ancestor;
use vmx_model::ownership::STACK_TAG;
use vmx_model::params::Params;

const BOTH: &str = "both record and deliver every voicemail of the instance, so people get it twice";

/// Checks the other installations' stacks in the region.
pub(super) async fn check(cloud: &Cloud, params: &Params, actual: &Actual) -> Finding {
    let (others, earlier) = match others(cloud, params, actual).await {
        Ok(found) => found,
        Err(error) => return Finding::unknown(Code::Beside, &error),
    };
    if let Some(earlier) = earlier.first().filter(|_| others.is_empty()) {
        return Finding::warning(
            Code::Beside,
            format!("an earlier system uses this instance: the stack {earlier}"),
            BOTH,
            format!("to replace it, set `migrate_from: {earlier}` in the parameters before you install"),
        );
    }
    if others.is_empty() {
        return Finding::ok(Code::Beside, "no other installation uses this instance");
    }
    let unnamed: Vec<String> = others
        .iter()
        .filter(|other| !params.beside.iter().any(|named| named.as_str() == other.as_str()))
        .cloned()
        .collect();
    if unnamed.is_empty() {
        let text =
            format!("the parameters allow another installation beside this one: {}", others.join(", "));
        return Finding::ok(Code::Beside, text);
    }
    let names = unnamed.join(", ");
    let (why, remedy) = (
        BOTH,
        format!(
            "to change that installation, set its `stack` in the parameters; to replace it, remove it first \
             with `vmx-install teardown`; to keep both, add `beside: [{names}]` to the parameters"
        ),
    );
    let what = format!("another installation uses this instance: {names}");
    let is_there = actual.stack.as_ref().is_some_and(|stack| stack.settled() == Settled::Working);
    if is_there {
        // It was already so: an update does not make it worse, and may be needed.
        Finding::warning(Code::Beside, what, why, remedy)
    } else {
        Finding::fatal(Code::Beside, what, why, remedy)
    }
}

/// Other installations' stacks whose template names the instance, and the stacks of earlier systems on it that are not
/// being replaced.
async fn others(
    cloud: &Cloud,
    params: &Params,
    actual: &Actual,
) -> Result<(Vec<String>, Vec<String>), CloudError> {
    let (mut names, mut earlier) = (Vec::new(), Vec::new());
    for stack in stacks(cloud).await? {
        let name = stack.stack_name().unwrap_or_default();
        let parameters = parameters(&stack);
        let is_here =
            parameters.get("ConnectInstanceARN").map(|arn| arn.trim()) == Some(actual.instance.arn.as_str());
        let is_earlier = Ancestor::of(stack.description().unwrap_or_default(), &parameters).is_some();
        if is_here && is_earlier && params.migrate_from.name() != Some(name) {
            earlier.push(name.to_owned());
        }
        let is_ours =
            stack.tags().iter().any(|tag| tag.key() == Some(STACK_TAG) && tag.value() == Some(name));
        if is_ours && name != params.stack.as_str() {
            names.push(name.to_owned());
        }
    }
    let mut others = Vec::new();
    for name in names {
        let asked = cloud.cloudformation.get_template().stack_name(&name).send().await;
        let template = match asked.map_err(wrap(format!("read the template of the stack {name}"))) {
            Ok(template) => template,
            // It was deleted in the meantime.
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        if template.template_body().is_some_and(|body| body.contains(actual.instance.arn.id())) {
            others.push(name);
        }
    }
    Ok((others, earlier))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudformation::Client as CloudFormation;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_sdk_cloudformation::types::{Parameter, Stack, StackStatus, Tag};
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::finding::Severity;
    use crate::testing::cloud;
    use vmx_model::testing::{INSTANCE, after, first_plan, nothing_there, params};

    /// A stack with the tag that our stacks have.
    fn stack(name: &str, tag: &str) -> Stack {
        Stack::builder()
            .stack_name(name)
            .stack_status(StackStatus::CreateComplete)
            .creation_time(DateTime::from_secs(0))
            .tags(Tag::builder().key(STACK_TAG).value(tag).build())
            .build()
    }

    async fn checked(params: &Params, actual: &Actual) -> Finding {
        let stacks = mock!(CloudFormation::describe_stacks).then_output(|| {
            // Ours, one on this instance, one on another, and one that is nested in the second.
            let names = [("vmx", "vmx"), ("first", "first"), ("elsewhere", "elsewhere"), ("nested", "first")];
            let stacks = names.map(|(name, tag)| stack(name, tag)).to_vec();
            DescribeStacksOutput::builder().set_stacks(Some(stacks)).build()
        });
        let templates = mock!(CloudFormation::get_template).then_compute_output(|request| {
            let instance = if request.stack_name() == Some("first") { INSTANCE } else { "another" };
            GetTemplateOutput::builder().template_body(format!("Resource: {instance}/queue/*")).build()
        });
        check(&cloud(&[&stacks, &templates], &[], &[]), params, actual).await
    }

    #[tokio::test]
    async fn an_earlier_system_is_named_unless_it_is_being_replaced() {
        let stacks = mock!(CloudFormation::describe_stacks).then_output(|| {
            let of = |arn: &str| {
                Parameter::builder().parameter_key("ConnectInstanceARN").parameter_value(arn).build()
            };
            let earlier = |name: &str, arn: &str| {
                Stack::builder()
                    .stack_name(name)
                    .description("Deploys the Voicemail Express solution for Amazon Connect.")
                    .stack_status(StackStatus::CreateComplete)
                    .creation_time(DateTime::from_secs(0))
                    .parameters(of(arn))
                    .build()
            };
            let stacks = vec![earlier("VMX3", INSTANCE), earlier("VMX3-elsewhere", "another")];
            DescribeStacksOutput::builder().set_stacks(Some(stacks)).build()
        });
        let cloud = cloud(&[&stacks], &[], &[]);
        let finding = check(&cloud, &params(), &nothing_there()).await;
        assert_eq!((finding.code, finding.severity), (Code::Beside, Severity::Warning));
        assert!(finding.remedy.contains("`migrate_from: VMX3`"), "{finding}");
        let text = "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nmigrate_from: VMX3\n";
        let named = Params::from_yaml("params.yaml", text).unwrap();
        assert_eq!(check(&cloud, &named, &nothing_there()).await.severity, Severity::Ok);
    }

    #[tokio::test]
    async fn a_second_installation_is_refused_unless_the_first_is_named() {
        let finding = checked(&params(), &nothing_there()).await;
        assert_eq!((finding.code, finding.severity), (Code::Beside, Severity::Fatal));
        assert!(finding.what.ends_with("this instance: first"), "{finding}");
        assert!(finding.remedy.contains("`beside: [first]`"), "{finding}");

        let text = "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nbeside: [first]\n";
        let named = Params::from_yaml("params.yaml", text).unwrap();
        assert_eq!(checked(&named, &nothing_there()).await.severity, Severity::Ok);

        // An update of one that has been there makes it no worse.
        let installed = after(&first_plan(), nothing_there());
        assert_eq!(checked(&params(), &installed).await.severity, Severity::Warning);
    }
}
