//! A real headless browser: Chromium, driven by ChromeDriver over the WebDriver protocol (W3C).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Error;

/// The names of the programs in different distributions.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const DRIVER: &str = "chromedriver";
/// ChromeDriver's message when it listens, before the port.
const LISTENS: &str = "was started successfully on port ";
/// The time limit for starting and for a script.
const PATIENCE: Duration = Duration::from_secs(60);

/// The widths that pages are read at, in pixels: a telephone, a tablet, a desk.
pub const WIDTHS: [u32; 3] = [320, 768, 1280];

/// A browser with one page. Dropping it closes the browser.
pub struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    session: String,
    _driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium in a time zone; `None` if Chromium or ChromeDriver is not installed.
    ///
    /// # Errors
    /// If an installed one does not start.
    pub async fn start(time_zone: &str) -> Result<Option<Self>, Error> {
        let (Some(browser), Some(driver)) = (BROWSERS.iter().find_map(|name| found(name)), found(DRIVER))
        else {
            return Ok(None);
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .env("TZ", time_zone)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(driver.stdout.take().ok_or("no output of chromedriver")?).lines();
        let port = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, port)) = line.split_once(LISTENS) {
                    return Ok::<_, Error>(port.trim_end_matches('.').to_owned());
                }
            }
            Err("chromedriver ended instead of listening".into())
        });
        let port = port.await.map_err(|_| "chromedriver does not listen")??;
        let profile = TempDir::new()?;
        let arguments = [
            "--headless=new".to_owned(),
            // As root, for example in a container, there is no sandbox.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--autoplay-policy=no-user-gesture-required".to_owned(),
            "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable".to_owned(),
            "--lang=en-GB".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({"binary": browser, "args": arguments});
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut started = Self {
            client,
            session: format!("http://127.0.0.1:{port}/session"),
            _driver: driver,
            _profile: profile,
        };
        let session = started.call(Method::POST, "", &wanted).await?;
        let id = session["sessionId"].as_str().ok_or_else(|| format!("no session: {session}"))?;
        started.session = format!("{}/{id}", started.session);
        let patience = json!({"script": PATIENCE.as_millis() as u64});
        started.call(Method::POST, "/timeouts", &patience).await?;
        Ok(Some(started))
    }

    /// Opens a page and waits until it is loaded.
    ///
    /// # Errors
    /// If the browser fails.
    pub async fn open(&self, url: &str) -> Result<(), Error> {
        self.call(Method::POST, "/url", &json!({"url": url})).await.map(drop)
    }

    /// Runs a script on the page and returns its result, awaiting a promise.
    ///
    /// # Errors
    /// If it throws, or its promise is not resolved in time.
    pub async fn run(&self, script: &str) -> Result<Value, Error> {
        self.call(Method::POST, "/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// The page's console errors, such as violations of its content security policy.
    ///
    /// # Errors
    /// If the browser does not respond.
    pub async fn complaints(&self) -> Result<Vec<String>, Error> {
        let log = self.call(Method::POST, "/se/log", &json!({"type": "browser"})).await?;
        let lines = log.as_array().into_iter().flatten();
        Ok(lines.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect())
    }

    /// A PNG screenshot of the page at this width and in this color scheme.
    ///
    /// # Errors
    /// If the browser fails.
    pub async fn picture(&self, width: u32, height: u32, scheme: &str) -> Result<Vec<u8>, Error> {
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": feature})).await?;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        let picture = self.call(Method::GET, "/screenshot", &Value::Null).await?;
        Ok(BASE64_STANDARD.decode(picture.as_str().ok_or("no picture")?)?)
    }

    /// What keeps people from reading the page at this width, in both color schemes: text beyond the edge, and what
    /// axe-core finds. It is asked if `AXE_CORE` names its `axe.min.js`, as in `.ci/run`.
    ///
    /// # Errors
    /// If the browser fails.
    pub async fn barriers(&self, width: u32) -> Result<Vec<String>, Error> {
        let axe = std::env::var_os("AXE_CORE").map(std::fs::read_to_string).transpose()?;
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            self.picture(width, 800, scheme).await?;
            let beyond = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let beyond = self.run(beyond).await?;
            if beyond != 0 {
                found.push(format!("{width} {scheme}: {beyond} pixels beyond the edge"));
            }
            let Some(axe) = &axe else { continue };
            let rules = "return axe.run().then(({ violations }) =>
                violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)));";
            let violations = self.run(&format!("{axe};\n{rules}")).await?;
            let violations = violations.as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(violations.map(|violation| format!("{width} {scheme}: {violation}")));
        }
        Ok(found)
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, Error> {
        self.call(Method::POST, "/goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Error> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.session))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        let mut answer: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
        let value = answer["value"].take();
        if parts.status.is_success() { Ok(value) } else { Err(format!("{path}: {value}").into()) }
    }
}

impl Drop for Browser {
    /// Ends the session, also when a test fails: a browser outlives its driver.
    fn drop(&mut self) {
        let Some((address, path)) =
            self.session.strip_prefix("http://").and_then(|session| session.split_once('/'))
        else {
            return;
        };
        let end = || {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "DELETE /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
            stream.read(&mut [0; 64])
        };
        // If the driver is gone, there is nobody to tell.
        let _: std::io::Result<usize> = end();
    }
}

/// The path of a program, if it is installed.
fn found(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())?;
    Some(found.display().to_string())
}
