//! Drawings show what the flow has, where the designer has it, and obey nothing that a flow says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use flow_language::{Flow, draw};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn block(identifier: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": identifier, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

/// A small flow with a result, a timeout, a failure, a loop back and a branch that leads nowhere.
fn small() -> Value {
    let branch = |error: &str, next: &str| json!({"ErrorType": error, "NextAction": next});
    json!({
        "Version": "2019-10-30",
        "StartAction": "Ask",
        "Metadata": {
            "name": "small", "type": "contactFlow", "description": "Asks.", "entryPointPosition": {"x": 40, "y": 40},
            "ActionMetadata": {
                "Ask": {"position": {"x": 300, "y": 40}},
                "Sales": {"position": {"x": 560, "y": 40}, "parameters": {"QueueId": {"displayName": "Sales queue"}}},
                "Bye": {"position": {"x": 560, "y": 300}},
            },
        },
        "Actions": [
            block("Ask", "GetParticipantInput",
                  json!({"SSML": "<speak>Press <emphasis>one</emphasis></speak>", "InputTimeLimitSeconds": "5", "StoreInput": "False"}),
                  json!({"NextAction": "Bye",
                         "Conditions": [{"NextAction": "Sales", "Condition": {"Operator": "Equals", "Operands": ["1"]}}],
                         "Errors": [branch("InputTimeLimitExceeded", "Ask"), branch("NoMatchingCondition", "Gone"), branch("NoMatchingError", "Bye")]})),
            block("Sales", "UpdateContactTargetQueue", json!({"QueueId": "arn:aws:connect:us-east-1:1:instance/i/queue/q"}),
                  json!({"NextAction": "Bye", "Errors": [branch("NoMatchingError", "Bye")]})),
            block("Bye", "DisconnectParticipant", json!({}), json!({})),
        ],
    })
}

fn read(flow: &Value) -> Flow {
    Flow::parse(&flow.to_string()).unwrap()
}

fn page(flow: &Value) -> String {
    draw::html(&[read(flow)])
}

/// The text of the element that begins with a mark.
fn part<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from}"));
    &page[start..start + page[start..].find(to).unwrap() + to.len()]
}

/// Where each block's card is: its upper left corner.
fn places(page: &str) -> Vec<(f64, f64)> {
    let numbers = |text: &str| -> (f64, f64) {
        let (x, y) = text.split_once(')').unwrap().0.split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    page.split("translate(").skip(1).map(numbers).collect()
}

/// The tags of a piece of XML, each opened one closed in its turn.
fn assert_balanced(xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_small_flow_is_drawn_as_it_always_was() {
    let page = page(&small());
    insta::assert_snapshot!("small_page", part(&page, "<main>", "</main>"));
    insta::assert_snapshot!("small_mermaid", draw::mermaid(&read(&small())));
}

#[test]
fn a_drawing_shows_words_branches_and_failures() {
    let page = page(&small());
    assert_balanced(part(&page, "<svg class=\"flow\"", "</section>").trim_end_matches("</section>"));
    for text in [
        ">“Press one”<",
        ">waits up to 5 s<",
        ">= 1<",
        ">Timeout<",
        ">Error<",
        ">Sales queue<",
        ">Disconnect<",
        ">Start<",
        ">No match → Gone?<",
        "<title>Ask: Get customer input. “Press one”. waits up to 5 s. = 1: to Sales. Timeout: to Ask.",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // Only what fails is dashed; the time running out is a result.
    let wire = |from: &str, to: &str, class: &str| {
        page.contains(&format!("<path class=\"{class}\" data-from=\"{from}\" data-to=\"{to}\""))
    };
    assert!(wire("entry", "0", "wire"));
    assert!(wire("0", "1", "wire") && !wire("0", "1", "wire error"));
    assert!(wire("0", "0", "wire") && !wire("0", "0", "wire error"));
    assert!(wire("0", "2", "wire error") && !wire("0", "2", "wire"));
    assert!(wire("1", "2", "wire") && wire("1", "2", "wire error"));
    // The designer's own NextAction of a block whose results decide is not repeated.
    assert!(!part(&page, "data-block=\"0\"", "data-block=\"1\"").contains(">Next<"));
}

#[test]
fn a_flow_is_named_by_its_type_in_the_console() {
    let about = |kind: &str| {
        let mut flow = small();
        flow["Metadata"]["type"] = kind.into();
        let page = page(&flow);
        part(&page, "<p>", "</p>").to_owned()
    };
    assert_eq!(about("contactFlow"), "<p>Inbound flow, 3 blocks. Asks.</p>");
    assert_eq!(about("customerQueue"), "<p>Customer queue flow, 3 blocks. Asks.</p>");
    // A type that nobody knows is shown as it is.
    assert_eq!(about("<fax>"), "<p>&lt;fax&gt;, 3 blocks. Asks.</p>");
}

#[test]
fn a_page_opens_at_a_size_at_which_texts_can_be_read() {
    let page = page(&small());
    let script = part(&page, "<script>", "</script>");
    assert!(script.contains("const readable = 1;") && script.contains(": fit(readable))"), "{script}");
    // In the drawing's pixels: the smallest text is the type below a block's name.
    let style = part(&page, "<style>", "</style>");
    let sizes = style.split("font-size: ").skip(1);
    let smallest = sizes.map(|size| size.split_once("px").unwrap().0.parse().unwrap()).fold(99.0, f64::min);
    assert!(smallest >= 10.5, "{smallest}");
}

#[test]
fn blocks_stand_where_the_designer_has_them() {
    let drawn = places(&page(&small()));
    let away = |other: (f64, f64)| (other.0 - drawn[0].0, other.1 - drawn[0].1);
    assert_eq!((away(drawn[1]), away(drawn[2])), ((260.0, 0.0), (260.0, 260.0)));
    // The other spelling of positions is as good.
    let mut upper = small();
    for name in ["Ask", "Sales", "Bye"] {
        let block = &mut upper["Metadata"]["ActionMetadata"][name];
        let (x, y) = (block["position"]["x"].clone(), block["position"]["y"].clone());
        *block = json!({"Position": {"X": x, "Y": y}});
    }
    assert_eq!(places(&page(&upper)), drawn);
}

/// No two cards cover each other. Cards are 200 pixels wide and at least 60 high.
fn assert_apart(places: &[(f64, f64)]) {
    for (number, one) in places.iter().enumerate() {
        for other in &places[..number] {
            assert!((one.0 - other.0).abs() >= 200.0 || (one.1 - other.1).abs() >= 60.0, "{one:?} {other:?}");
        }
    }
}

#[test]
fn blocks_without_usable_positions_are_laid_out() {
    // None, all at one place, absurd ones, one of three, too near.
    for positions in [
        [Value::Null, Value::Null, Value::Null],
        [json!({"x": 1, "y": 1}), json!({"x": 1, "y": 1}), json!({"x": 1, "y": 1})],
        [json!({"x": -1e300, "y": 0}), json!({"x": 1e300, "y": 0}), json!({"x": 0, "y": 1e308})],
        [json!({"x": 50, "y": 50}), Value::Null, json!({"x": "a", "y": null})],
        [json!({"x": 0, "y": 0}), json!({"x": 100, "y": 10}), json!({"x": 90, "y": 90})],
    ] {
        let mut flow = small();
        for (name, position) in ["Ask", "Sales", "Bye"].into_iter().zip(&positions) {
            flow["Metadata"]["ActionMetadata"][name] = json!({"position": position});
        }
        let page = page(&flow);
        let places = places(&page);
        assert_eq!(places.len(), 3);
        assert_apart(&places);
        assert!(
            places
                .iter()
                .all(|place| (0.0..10_000.0).contains(&place.0) && (0.0..10_000.0).contains(&place.1))
        );
    }
}

#[test]
fn the_page_runs_its_own_script_only_and_needs_no_network() {
    let page = draw::html(&[read(&small()), read(&small())]);
    let script = part(&page, "<script>", "</script>");
    let script = script.trim_start_matches("<script>").trim_end_matches("</script>");
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
    assert!(page.contains(&format!("script-src 'sha256-{hash}'")), "the script's hash is {hash}");
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("<script").count(), 1);
    for outside in ["http:", "https:", "//fonts", "@import", "src=", "<link", "<iframe", "javascript:"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
    // Each flow can be linked to, and works without the script.
    for id in ["flow-1", "flow-2"] {
        assert!(
            page.contains(&format!("<a href=\"#{id}\">small</a>"))
                && page.contains(&format!("<section id=\"{id}\""))
        );
    }
    for style in ["prefers-color-scheme: dark", "@media print"] {
        assert!(page.contains(style), "{style}");
    }
}

#[test]
fn no_flow_is_a_page_too() {
    assert!(draw::html(&[]).contains("There are no flows to draw"));
    let nothing = json!({"Version": "", "StartAction": "", "Actions": []});
    assert!(page(&nothing).contains(">Flow, 0 blocks.<"));
    assert!(draw::mermaid(&read(&nothing)).starts_with("flowchart LR\n"));
}

/// What a flow could try to be more than text.
const HOSTILE: &str =
    "</script></title></svg><script>alert(1)</script>\"'><img src=x onerror=alert(1)> javascript:\u{0}\u{1b}";

#[test]
fn hostile_texts_stay_texts() {
    let mut flow = small();
    flow["Metadata"]["name"] = HOSTILE.into();
    flow["Metadata"]["type"] = HOSTILE.into();
    flow["Metadata"]["description"] = HOSTILE.into();
    flow["Metadata"]["ActionMetadata"]["Sales"]["parameters"]["QueueId"]["displayName"] = HOSTILE.into();
    flow["Actions"][0]["Parameters"] =
        json!({"Text": HOSTILE, "StoreInput": "False", "InputTimeLimitSeconds": HOSTILE});
    flow["Actions"][0]["Transitions"]["Conditions"][0]["Condition"] =
        json!({"Operator": HOSTILE, "Operands": [HOSTILE]});
    flow["Actions"][0]["Transitions"]["Errors"][0]["ErrorType"] = HOSTILE.into();
    flow["Actions"][0]["Transitions"]["Errors"][1]["NextAction"] = HOSTILE.into();
    flow["Actions"][1]["Type"] = HOSTILE.into();
    flow["Actions"][2]["Identifier"] = HOSTILE.into();
    let page = page(&flow);
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains("<img") && !page.contains('\u{0}') && !page.contains('\u{1b}'));
    assert_balanced(part(&page, "<svg class=\"flow\"", "</section>").trim_end_matches("</section>"));
    // Every attribute is one that the program writes.
    assert!(!part(&page, "<main>", "</main>").contains("onerror=alert(1)> "));
    let chart = draw::mermaid(&read(&flow));
    for text in ["<script", "<img", "\"'", "\u{0}"] {
        assert!(!chart.contains(text), "{text}");
    }
    // Quotes come in pairs, and what is between them has none of Mermaid's own signs.
    for line in chart.lines().filter(|line| line.contains('"')) {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is read can be drawn: any texts, any places, any branches.
    #[test]
    fn whatever_is_read_is_drawn(
        names in proptest::collection::vec(any::<String>(), 0..12),
        positions in proptest::collection::vec((any::<f64>(), -500.0..500.0), 12),
        targets in proptest::collection::vec((0_usize..14, 0_usize..14), 0..30),
        kinds in proptest::collection::vec(0_usize..8, 12),
    ) {
        const KINDS: [&str; 8] = [
            "MessageParticipant", "GetParticipantInput", "Loop", "UpdateContactAttributes", "InvokeLambdaFunction",
            "TransferToFlow", "DisconnectParticipant", "?",
        ];
        let name = |number: usize| names.get(number).cloned().unwrap_or_default();
        let actions: Vec<Value> = names.iter().enumerate().map(|(number, text)| {
            let errors: Vec<Value> = targets.iter().filter(|(from, _)| *from == number)
                .map(|(_, to)| json!({"ErrorType": text, "NextAction": name(*to)})).collect();
            block(text, KINDS[kinds[number]], json!({"Text": text, "Attributes": {text: text}}), json!({"Errors": errors}))
        }).collect();
        let places: serde_json::Map<String, Value> = names.iter().zip(&positions)
            .map(|(name, (x, y))| (name.clone(), json!({"position": {"x": x, "y": y}}))).collect();
        let flow = read(&json!({
            "Version": "", "StartAction": name(0), "Actions": actions, "Metadata": {"ActionMetadata": places},
        }));
        let page = draw::html(std::slice::from_ref(&flow));
        assert_balanced(part(&page, "<svg class=\"flow\"", "</section>").trim_end_matches("</section>"));
        prop_assert!(!page.contains("NaN") && !page.contains("inf "));
        prop_assert!(draw::mermaid(&flow).lines().all(|line| line.matches('"').count() % 2 == 0));
    }
}
