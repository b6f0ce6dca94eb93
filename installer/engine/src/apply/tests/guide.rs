//! The function that the guide of a guided task asks: the stack makes it, and the instance is told of it afterwards.

use aws_sdk_connect::operation::associate_lambda_function::AssociateLambdaFunctionOutput;
use aws_sdk_connect::operation::disassociate_instance_storage_config::DisassociateInstanceStorageConfigOutput;

use super::*;
use vmx_model::plan::FlowFunction;

fn installs() -> [Rule; 5] {
    [
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_COMPLETE", "")],
        ]),
        statuses(&["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]),
    ]
}

#[tokio::test]
async fn the_function_is_the_one_that_the_stack_tells() {
    let services = Services::new();
    let (mut plan, _folder) = plan_with_zips();
    plan.associations = vec![FlowFunction::OfStack("PlaybackFunctionArn")];
    let arn = "arn:aws:lambda:eu-west-2:111122223333:function:vmx-PlaybackFunction-1";
    let associated = mock!(Connect::associate_lambda_function)
        .match_requests(move |request| request.function_arn() == Some(arn))
        .then_output(|| AssociateLambdaFunctionOutput::builder().build());
    let (rules, flows, storage) = (installs(), flows_created(), storage_associated());
    let cloud = cloud(&rules.each_ref(), &[&flows, &storage, &associated], &services.s3());
    run(&cloud, &plan, &services.recorder).await.unwrap();
    let told = services.recorder.taken();
    let place = |line: &str| told.iter().position(|told| told == line).unwrap_or_else(|| panic!("{told:#?}"));
    assert!(place("created stack vmx") < place(&format!("associated function {arn}")));
}

#[tokio::test]
async fn a_stack_that_does_not_tell_it_is_said_to_be_incomplete() {
    let services = Services::new();
    let (mut plan, _folder) = plan_with_zips();
    plan.associations = vec![FlowFunction::OfStack("NoSuchOutput")];
    let (rules, flows, storage) = (installs(), flows_created(), storage_associated());
    let disassociated = mock!(Connect::disassociate_instance_storage_config)
        .then_output(|| DisassociateInstanceStorageConfigOutput::builder().build());
    let deleted =
        mock!(Connect::delete_contact_flow).then_output(|| DeleteContactFlowOutput::builder().build());
    let connect = [&flows, &storage, &disassociated, &deleted];
    let cloud = cloud(&rules.each_ref(), &connect, &services.s3());
    let error = run(&cloud, &plan, &services.recorder).await.unwrap_err();
    assert!(error.taken_back && error.left.is_empty());
    assert!(matches!(error.step, StepError::NoOutput { output: "NoSuchOutput", .. }), "{error}");
}
