//! The function `vmx_transcriber`: wiring only.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, run, service_fn};
use vmx_lambda::batch::SqsEvent;
use vmx_lambda::settings::Settings;
use vmx_lambda::{aws, batch, logs};
use vmx_transcriber::{Clients, Config, Transcriber};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment();
    logs::start(&settings)?;
    let config = Config::read(&settings)?;
    let transcriber = Transcriber::new(Clients::new(&aws::config(&settings)), config);
    let transcriber = &transcriber;
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let deadline = batch::deadline(&event.context);
        Ok::<_, Infallible>(transcriber.handle(event.payload, deadline).await)
    }))
    .await
}
