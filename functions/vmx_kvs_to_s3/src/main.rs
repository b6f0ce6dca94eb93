//! The function `vmx_kvs_to_s3`: wiring only.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, run, service_fn};
use vmx_kvs_to_s3::{Clients, Config, Event, Recorder};
use vmx_lambda::settings::Settings;
use vmx_lambda::{aws, batch, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment();
    logs::start(&settings)?;
    let config = Config::read(&settings)?;
    let recorder = Recorder::new(Clients::new(&aws::config(&settings)), config);
    let recorder = &recorder;
    run(service_fn(|event: LambdaEvent<Event>| async move {
        let deadline = batch::deadline(&event.context);
        Ok::<_, Infallible>(recorder.handle(event.payload, deadline).await)
    }))
    .await
}
