//! The installed playback page: over HTTP, and in a real browser.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use end_to_end::{Browser, Error, Site, Voice, WIDTHS};
use http::{HeaderMap, HeaderValue, Method, Response, header};
use jiff::Timestamp;
use local_cloud::call::{detail_page, read_wav};
use local_cloud::connect::Task;
use local_cloud::download::open;
use serde_json::{Value, json};
use vmx_contract::objects::ContactId;
use vmx_contract::staff::Words;
use vmx_contract::token::{Claims, Token};

/// Function URLs end with this, so browsers resolve them to this machine.
const LOCAL: &str = ".localhost";
const SPOKEN: &str = "respectable";

/// A new voicemail's link from its task, and its contact.
async fn voicemail(site: &Site, voice: Voice) -> Result<(String, String, Vec<u8>), Error> {
    let call = site.leave(voice).await?;
    let task = site.task(&call.contact_id).await?;
    let link = task.references.get("Recording").ok_or("the task has no link")?.value.clone();
    Ok((link, call.contact_id, call.caller_pcm))
}

async fn get(site: &Site, link: &str) -> Result<Response<Bytes>, Error> {
    Ok(open(site.cloud.endpoint(), Method::GET, link, HeaderMap::new()).await?)
}

fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// A response without the parts that the platform adds.
fn told(answer: &Response<Bytes>) -> (u16, Vec<(String, String)>, Bytes) {
    let own = |name: &str| {
        !name.starts_with("x-amzn-") && name != "date" && name != "x-amz-request-id" && name != "x-amz-id-2"
    };
    let headers = answer.headers().iter().filter(|(name, _)| own(name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (answer.status().as_u16(), headers, answer.body().clone())
}

/// The link with one changed character in its token: in the content or the signature.
fn tampered(link: &str, from_end: usize) -> String {
    let at = link.len() - from_end;
    let other = if link.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &link[..at], &link[at + 1..])
}

/// An expired link signed with the installation's own key. The account's root may use the key here; on AWS it may not.
async fn expired(site: &Site, base: &str, contact_id: &str) -> Result<String, Error> {
    let backend = site.cloud.backend();
    let keys = backend.json_call("kms", "TrentService.ListKeys", &json!({})).await?;
    let key = keys["Keys"][0]["KeyId"].as_str().ok_or("there is no key")?.to_owned();
    let contact_id = ContactId::parse(contact_id)?;
    let claims = Claims::new(&contact_id.into(), "2026-01-01T00:00:00Z".parse()?, Duration::from_hours(1))?;
    let asked = json!({
        "KeyId": key, "MacAlgorithm": "HMAC_SHA_256", "Message": BASE64_STANDARD.encode(claims.message()),
    });
    let made = backend.json_call("kms", "TrentService.GenerateMac", &asked).await?;
    let mac = BASE64_STANDARD.decode(made["Mac"].as_str().ok_or("no MAC")?)?;
    let mac = mac.try_into().map_err(|_| "a MAC of another length")?;
    Ok(format!("{base}v/{}", Token { claims, mac }.reveal()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_until_it_is_revoked_and_no_other_does() -> Result<(), Error> {
    let site = Site::installed().await?;
    let (link, contact_id, spoken) = voicemail(&site, Voice::AmiableWoman).await?;
    let base = site.output("PlaybackUrl").await?;
    assert!(link.starts_with(&format!("{base}v/")), "{link} under {base}");

    let page = get(&site, &link).await?;
    assert_eq!(page.status(), 200, "{}", text(&page));
    assert!(text(&page).contains(SPOKEN) && text(&page).contains("+15555550123"), "{}", text(&page));
    let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
    assert!(policy.contains(&format!("media-src 'self' {}", site.cloud.endpoint())), "{policy}");

    // A player's requests: ranges of the recording, through the redirect.
    let audio = get(&site, &format!("{link}/audio")).await?;
    assert_eq!(audio.status(), 302);
    let location = audio.headers()[header::LOCATION].to_str()?.to_owned();
    let part = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=44-1043"))]);
    let part = open(site.cloud.endpoint(), Method::GET, &location, part).await?;
    assert_eq!(part.status(), 206);
    assert_eq!(part.body().len(), 1000);
    let whole = get(&site, &location).await?;
    assert_eq!(read_wav(whole.body())?, spoken);
    assert_eq!(&whole.body()[44..1044], &part.body()[..]);
    let head = open(site.cloud.endpoint(), Method::HEAD, &link, HeaderMap::new()).await?;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));

    // An unauthorized request reveals nothing.
    let refusal = get(&site, &base).await?;
    assert_eq!(refusal.status(), 403);
    let expired = expired(&site, &base, &contact_id).await?;
    for bad in
        [tampered(&link, 3), tampered(&link, 60), expired, format!("{base}v/x"), format!("{link}/else")]
    {
        assert_eq!(told(&get(&site, &bad).await?), told(&refusal), "{bad}");
    }
    let posted = open(site.cloud.endpoint(), Method::POST, &link, HeaderMap::new()).await?;
    assert_eq!(told(&posted), told(&refusal));

    // Revokes this link, which needs approval, and then all existing ones.
    let (other, _, _) = voicemail(&site, Voice::Tone(Duration::from_secs(2))).await?;
    let unasked = site.operate(&["links", "revoke", &contact_id]).await?;
    assert_eq!(unasked.code, Some(6), "{unasked:#?}");
    assert_eq!(get(&site, &link).await?.status(), 200);
    let revoked = site.operate(&["links", "revoke", &contact_id, "--yes"]).await?;
    assert_eq!(revoked.code, Some(0), "{revoked:#?}");
    assert_eq!(told(&get(&site, &link).await?), told(&refusal));
    assert_eq!(told(&get(&site, &format!("{link}/audio")).await?), told(&refusal));
    assert_eq!(get(&site, &other).await?.status(), 200);
    let revoked = site.operate(&["links", "revoke", "--all", "--yes"]).await?;
    assert_eq!(revoked.code, Some(0), "{revoked:#?}");
    assert_eq!(told(&get(&site, &other).await?), told(&refusal));

    // The functions log the contact, but no token.
    let log = std::fs::read_to_string(site.cloud.log())?;
    assert!(log.contains("link opened") && log.contains(&contact_id));
    for link in [&link, &other] {
        let token = link.rsplit('/').next().unwrap_or_default();
        assert!(!log.contains(token), "a token is in the log");
    }
    site.cloud.stop().await;
    Ok(())
}

/// A task as a page: its name, references and description.
fn task_page(task: &Task) -> String {
    let bar: Vec<Value> = task
        .references
        .iter()
        .map(|(name, reference)| match reference.kind.as_str() {
            "URL" => json!({"Label": name, "Value": "Open", "LinkType": "external", "Url": reference.value}),
            "DATE" => json!({"Label": name, "Value": date(&reference.value)}),
            _ => json!({"Label": name, "Value": reference.value}),
        })
        .collect();
    detail_page(&json!({"Heading": task.name, "AttributeBar": bar, "Sections": [task.description]}))
}

/// A date in the format of the agent workspace.
fn date(seconds: &str) -> String {
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_owned(), |time| time.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
async fn a_browser_plays_and_seeks() -> Result<(), Error> {
    let Some(browser) = Browser::start("Europe/Paris").await? else {
        eprintln!(
            "SKIPPED: no browser; install chromium and chromedriver (Debian: chromium, chromium-driver)"
        );
        return Ok(());
    };
    let site = Site::installed().await?;
    let (link, contact_id, spoken) = voicemail(&site, Voice::AmiableWoman).await?;
    // HTTPS and DNS are AWS's: a browser reaches this by a local name with the same beginning.
    let local = |link: &str| {
        let (name, rest) = link.trim_start_matches("https://").split_once(".on.aws").unwrap_or((link, ""));
        let port = site.cloud.endpoint().rsplit(':').next().unwrap_or_default();
        format!("http://{name}{LOCAL}:{port}{rest}")
    };
    browser.open(&local(&link)).await?;
    let heading = browser.run("return document.querySelector('h1').textContent").await?;
    assert_eq!(heading, "Voicemail");
    let shown = browser.run("return document.body.innerText").await?;
    assert!(shown.as_str().is_some_and(|shown| shown.contains(SPOKEN)), "{shown}");
    let time = browser.run("return document.querySelector('time').textContent").await?;
    assert!(time.as_str().is_some_and(|time| !time.contains("UTC")), "the viewer's time zone: {time}");

    let play = "const audio = document.querySelector('audio');
        return (async () => {
          const heard = (name) => new Promise((done, failed) => {
            audio.addEventListener(name, done, { once: true });
            audio.addEventListener('error', () => failed(new Error(audio.error.message)), { once: true });
          });
          const began = heard('timeupdate');
          await audio.play();
          await began;
          const seeked = heard('seeked');
          audio.currentTime = audio.duration - 0.5;
          await seeked;
          const ended = heard('ended');
          await audio.play();
          await ended;
          return { duration: audio.duration, at: audio.currentTime, from: audio.currentSrc };
        })();";
    let played = browser.run(play).await?;
    // Eight thousand samples per second, two bytes each.
    let seconds = spoken.len() as f64 / 16_000.0;
    let near = |key: &str| (played[key].as_f64().unwrap_or_default() - seconds).abs() < 0.1;
    assert!(near("duration") && near("at"), "{played}: {seconds}");
    let complaints: Vec<String> =
        browser.complaints().await?.into_iter().filter(|line| !line.contains("favicon")).collect();
    assert_eq!(complaints, [""; 0], "the page is allowed what it does");
    for width in WIDTHS {
        assert_eq!(browser.barriers(width).await?, [""; 0]);
    }

    // Screenshots for the documentation, if the variable is set.
    if let Some(folder) = std::env::var_os("TEST_PICTURES") {
        browser.run("document.querySelector('audio').currentTime = 0; return null").await?;
        for (name, width, scheme) in [("light", 760, "light"), ("dark", 760, "dark"), ("narrow", 360, "dark")]
        {
            let picture = browser.picture(width, 560, scheme).await?;
            std::fs::write(Path::new(&folder).join(format!("playback-{name}.png")), picture)?;
        }
        // The task with the link: its fields, as a view shows them.
        let page = site.cloud.directory().join("task.html");
        std::fs::write(&page, task_page(&site.task(&contact_id).await?))?;
        browser.open(&format!("file://{}", page.display())).await?;
        let picture = browser.picture(760, 310, "light").await?;
        std::fs::write(Path::new(&folder).join("task.png"), picture)?;
    }

    let refused = async |link: String| -> Result<Value, Error> {
        browser.open(&local(&link)).await?;
        browser.run("return [document.title, document.querySelectorAll('audio, a, script').length]").await
    };
    let nothing = json!([Words::english().refused_title, 0]);
    assert_eq!(refused(tampered(&link, 3)).await?, nothing);
    assert_eq!(
        refused(expired(&site, &site.output("PlaybackUrl").await?, &contact_id).await?).await?,
        nothing
    );
    let revoked = site.operate(&["links", "revoke", &contact_id, "--yes"]).await?;
    assert_eq!(revoked.code, Some(0), "{revoked:#?}");
    assert_eq!(refused(link.clone()).await?, nothing);
    site.cloud.stop().await;
    Ok(())
}
