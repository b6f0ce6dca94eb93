//! The function `vmx_watchdog`: wiring only.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, run, service_fn};
use vmx_lambda::settings::Settings;
use vmx_lambda::{aws, batch, logs};
use vmx_watchdog::{Clients, Config, Watchdog};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment();
    logs::start(&settings)?;
    let config = Config::read(&settings)?;
    let watchdog = Watchdog::new(Clients::new(&aws::config(&settings)), config);
    let watchdog = &watchdog;
    // The event's content does not matter: any event starts a round.
    run(service_fn(|event: LambdaEvent<serde_json::Value>| async move {
        watchdog.round(batch::deadline(&event.context)).await;
        Ok::<_, Infallible>(())
    }))
    .await
}
