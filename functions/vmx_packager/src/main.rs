//! The function `vmx_packager`: wiring only.

use std::convert::Infallible;
use std::time::SystemTime;

use lambda_runtime::{LambdaEvent, run, service_fn};
use vmx_lambda::batch::SqsEvent;
use vmx_lambda::settings::Settings;
use vmx_lambda::{aws, batch, logs};
use vmx_packager::{Clients, Config, Packager};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment();
    logs::start(&settings)?;
    let config = Config::read(&settings)?;
    let packager = Packager::new(Clients::new(&aws::config(&settings)), config, SystemTime::now());
    let packager = &packager;
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let deadline = batch::deadline(&event.context);
        Ok::<_, Infallible>(packager.handle(event.payload, deadline).await)
    }))
    .await
}
