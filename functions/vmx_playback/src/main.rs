//! The function `vmx_playback`: wiring only.

use std::convert::Infallible;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;
use vmx_lambda::settings::Settings;
use vmx_lambda::{aws, logs};
use vmx_playback::{Clients, Config, Player};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment();
    logs::start(&settings)?;
    let config = Config::read(&settings)?;
    let player = Player::new(Clients::new(&aws::config(&settings)), config);
    let player = &player;
    run(service_fn(|event: LambdaEvent<Value>| async move {
        Ok::<_, Infallible>(player.handle(&event.payload, Timestamp::now()).await)
    }))
    .await
}
