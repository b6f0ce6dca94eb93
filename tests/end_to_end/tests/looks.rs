//! What people look at, on real terminals and in a browser: each page is read at a glance, on any background, in any
//! locale, at any width.

use std::fs;

use end_to_end::{Browser, Error, Site, Size, Voice, WIDTHS, workspace};

/// Leaves a message and waits until it is delivered.
async fn delivered(site: &Site) -> Result<String, Error> {
    let call = site.save(Voice::AmiableWoman).await?;
    site.task(&call.contact_id).await?;
    Ok(call.contact_id)
}

/// The colors that were written, as their codes.
fn colors(raw: &str) -> Vec<&str> {
    let codes = raw.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        (rest[end..].starts_with('m') && end > 0).then_some(&rest[..end])
    });
    codes.flat_map(|codes| codes.split(';')).filter(|code| *code != "0").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_one_screen_on_any_background() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;
    let packages = packages.to_string_lossy();
    let params = site.params_file();
    let plan = ["plan", params, "--artifacts", &*packages];
    // What is new: a plan of everything.
    let mut pages = vec![("plan", plan.to_vec(), Some(0), "-v shows every resource")];
    look(&site, &pages)?;
    let installed = site.install().await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let contact = delivered(&site).await?;
    pages = vec![
        ("status", vec!["status", params], Some(0), "healthy"),
        ("doctor", vec!["doctor", params], Some(0), "healthy: "),
        ("trace", vec!["trace", &contact, "--params", params], Some(0), "delivered"),
    ];
    look(&site, &pages)?;
    site.cloud.stop().await;
    Ok(())
}

/// Shows pages on terminals of three sizes, without colors, without other symbols than ASCII, and without a terminal.
fn look(site: &Site, pages: &[(&str, Vec<&str>, Option<i32>, &str)]) -> Result<(), Error> {
    let ascii: &[(&str, &str)] = &[("LANG", "C"), ("TERM", "dumb"), ("NO_COLOR", "1")];
    for (name, arguments, code, last) in pages {
        for (size, environment) in [
            (Size::USUAL, &[][..]),
            (Size::NARROW, &[("NO_COLOR", "1")][..]),
            (Size::LARGE, &[]),
            (Size::USUAL, ascii),
        ] {
            let mut terminal = site.terminal_of(size, arguments, environment)?;
            let ended = terminal.ended()?;
            let what = format!("{name} {size:?}\n{}", ended.screen);
            assert_eq!((ended.code, ended.is_restored), (*code, true), "{what}");
            assert!(ended.screen.contains(last), "{what}");
            // Nothing has scrolled away; a narrow terminal may need some lines more.
            let rows = ended.raw.matches('\n').count();
            assert!(rows < 24 || size == Size::NARROW, "{rows} {what}");
            assert!(terminal.wrapped_rows().is_empty(), "{:?} {what}", terminal.wrapped_rows());
            let written = colors(&ended.raw);
            assert_eq!(environment.is_empty(), !written.is_empty(), "{written:?} {what}");
            assert!(written.iter().all(|code| ["1", "31", "32", "35"].contains(code)), "{written:?} {what}");
            if environment == ascii {
                assert_eq!(ended.raw.chars().find(|c| !c.is_ascii()), None, "{what}");
            }
            if size == Size::USUAL
                && environment.is_empty()
                && std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1")
            {
                let picture = terminal.picture(&format!("vmx-install {name}"));
                fs::write(workspace().join(format!("docs/images/{name}.svg")), picture)?;
            }
        }
    }
    Ok(())
}

/// Without a terminal, results are lines of 80 columns without colors, on standard output alone.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_results_are_plain_lines() -> Result<(), Error> {
    let site = Site::installed().await?;
    for verb in ["status", "doctor"] {
        let run = site.run(&[verb, site.params_file()]).await?;
        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(run.stdout.contains("healthy"), "{run:#?}");
        assert!(!run.said().contains('\u{1b}'), "{run:#?}");
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{run:#?}");
    }
    site.cloud.stop().await;
    Ok(())
}

/// The report of an installation and the page of its flows: one file each, that a browser shows without the network.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
async fn written_pages_are_read_at_any_width() -> Result<(), Error> {
    let Some(browser) = Browser::start("Europe/Paris").await? else {
        eprintln!("SKIPPED: no browser; install chromium and chromedriver");
        return Ok(());
    };
    let site = Site::installed().await?;
    let contact = delivered(&site).await?;
    site.disable_triggers().await?;
    site.save(Voice::AmiableWoman).await?;
    let folder = site.params().with_file_name("pages");
    for (verb, parts) in [
        ("report", [contact.as_str(), "is disabled", "What to do"]),
        ("flows", ["Contact flows", "Start", "Disconnect"]),
    ] {
        let page = folder.join(format!("{verb}.html"));
        let path = page.display().to_string();
        let run = match verb {
            "report" => site.run(&["report", site.params_file(), "--html", &path]).await?,
            _ => site.run(&["flows", "--params", site.params_file(), "--html", &path]).await?,
        };
        assert_eq!(run.code, Some(0), "{run:#?}");
        browser.open(&format!("file://{path}")).await?;
        let shown = browser.run("return document.body.innerText").await?;
        let shown = shown.as_str().unwrap_or_default();
        assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
        for width in WIDTHS {
            assert_eq!(browser.barriers(width).await?, [""; 0], "{verb}");
        }
        assert_eq!(browser.complaints().await?, [""; 0], "{verb}");
        if verb == "report" && std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            fs::write(
                workspace().join("docs/images/report.png"),
                browser.picture(900, 1040, "light").await?,
            )?;
        }
    }
    site.cloud.stop().await;
    Ok(())
}
