//! The wizard's questions: a title, a line on why, and inquire's prompt. Typing filters a list.

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;

use inquire::error::InquireError;
use inquire::list_option::ListOption;
use inquire::{MultiSelect, Select, Text};

use super::approval::Terminal;
use super::page::Page;
use super::place::Place;
use super::prompt::{asking, look};
use super::terminal::{BOLD, PLAIN, Paint, clean, is_colored, width};
use super::words::wrapped;
use crate::wizard::{Asker, Choice, Kind, Question, Reply};

/// How many choices to show: as many as fit on 24 lines with the question.
const PAGE: usize = 12;
/// The input that clears an optional text.
const NONE: &str = "none";

impl Asker for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Reply> + 'a>> {
        let question = question.clone();
        Box::pin(async move {
            let page = Page::of_terminal(Place::default());
            let asked = asking(move || {
                head(&question, &page)?;
                match &question.kind {
                    Kind::Choose(choices) => choose(&question, choices, &page),
                    Kind::ChooseMany(choices) => choose_many(&question, choices, &page),
                    Kind::Text { may_be_empty } => text(&question, *may_be_empty, &page),
                }
            });
            match asked.await {
                Ok(Ok(reply)) => reply,
                _ => Reply::Interrupted,
            }
        })
    }
}

fn head(question: &Question, page: &Page) -> Result<(), InquireError> {
    let mut stderr = std::io::stderr();
    let how = if is_colored(&stderr) { Paint::Colored } else { Paint::Uncolored };
    writeln!(stderr, "\n{}", page.painted(&format!("{BOLD}{}{PLAIN}", clean(&question.title)), how))?;
    for line in question.why.lines() {
        writeln!(stderr, "{}", page.painted(&wrapped(&clean(line), 2), how))?;
    }
    Ok(())
}

/// The keys of a prompt, and whether Esc goes back.
fn keys(keys: &str, question: &Question, page: &Page) -> String {
    page.symbols(if question.can_go_back { format!("{keys}; Esc goes back") } else { keys.to_owned() })
}

fn choose(question: &Question, choices: &[Choice], page: &Page) -> Result<Reply, InquireError> {
    let now = question.default.as_ref();
    let start = now.and_then(|now| choices.iter().position(|choice| choice.value == *now));
    let keys = keys("↑ ↓ or type, and Enter", question, page);
    let told = |chosen: ListOption<&String>| told(chosen.value, page);
    loop {
        let chosen = Select::new("", labels(choices, page))
            .with_starting_cursor(start.unwrap_or_default())
            .with_page_size(PAGE)
            .with_help_message(&keys)
            .with_formatter(&told)
            .with_render_config(look())
            .raw_prompt_skippable()?;
        match chosen.and_then(|chosen| choices.get(chosen.index)) {
            Some(choice) => return Ok(Reply::Answer(choice.value.clone())),
            None if question.can_go_back => return Ok(Reply::Back),
            None => {}
        }
    }
}

fn choose_many(question: &Question, choices: &[Choice], page: &Page) -> Result<Reply, InquireError> {
    let now: Vec<&str> = question.default.iter().flat_map(|default| default.split(", ")).collect();
    let chosen = |(index, choice): (usize, &Choice)| now.contains(&choice.value.as_str()).then_some(index);
    let chosen: Vec<usize> = choices.iter().enumerate().filter_map(chosen).collect();
    let keys = keys("↑ ↓ or type, Space selects, and Enter", question, page);
    let all_told = |chosen: &[ListOption<&String>]| match chosen {
        [] => NONE.to_owned(),
        chosen => told(&chosen.iter().map(|one| one.value.as_str()).collect::<Vec<_>>().join(", "), page),
    };
    loop {
        let chosen = MultiSelect::new("", labels(choices, page))
            .with_default(&chosen)
            .with_page_size(PAGE)
            .with_help_message(&keys)
            .with_formatter(&all_told)
            .with_render_config(look())
            .raw_prompt_skippable()?;
        match chosen {
            Some(chosen) => {
                let values = chosen.iter().filter_map(|one| Some(choices.get(one.index)?.value.as_str()));
                return Ok(Reply::Answer(values.collect::<Vec<_>>().join(", ")));
            }
            None if question.can_go_back => return Ok(Reply::Back),
            None => {}
        }
    }
}

fn text(question: &Question, may_be_empty: bool, page: &Page) -> Result<Reply, InquireError> {
    let default = question.default.as_ref().filter(|default| !default.is_empty());
    let can_be_emptied = may_be_empty && default.is_some();
    let keep = match (default, can_be_emptied) {
        (Some(_), true) => "Enter keeps it, none clears it",
        (Some(_), false) => "Enter keeps it",
        (None, _) => "type, and Enter",
    };
    let (keys, shown) = (keys(keep, question, page), default.map(|default| clean(default)));
    loop {
        let told = |answer: &str| told(answer, page);
        let mut input =
            Text::new("").with_help_message(&keys).with_formatter(&told).with_render_config(look());
        if let Some(shown) = &shown {
            input = input.with_default(shown);
        }
        let Some(mut answer) = input.prompt_skippable()? else {
            if question.can_go_back {
                return Ok(Reply::Back);
            }
            continue;
        };
        if let Some(default) = default.filter(|_| shown.as_deref() == Some(answer.as_str())) {
            // The shown default may lack control characters.
            answer.clone_from(default);
        }
        if can_be_emptied && answer.trim() == NONE {
            answer.clear();
        }
        if answer.is_empty() && !may_be_empty {
            continue;
        }
        return Ok(Reply::Answer(answer));
    }
}

/// The choices, each short enough for one line beside its marks.
fn labels(choices: &[Choice], page: &Page) -> Vec<String> {
    choices.iter().map(|choice| shortened(&choice.label, page.columns - 7, page)).collect()
}

/// An answer on the line of its prompt.
fn told(answer: &str, page: &Page) -> String {
    shortened(answer, page.columns - 3, page)
}

fn shortened(label: &str, room: usize, page: &Page) -> String {
    let label = page.symbols(clean(label).into_owned());
    if width(&label) <= room {
        return label;
    }
    let end = page.symbols("…".to_owned());
    let mut used = width(&end);
    let fits = |c: &char| {
        used += width(c.encode_utf8(&mut [0; 4]));
        used <= room
    };
    label.chars().take_while(fits).collect::<String>() + &end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_line() {
        let shortened = |label: &str| shortened(label, 73, &Page::of_columns(80));
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(100)).chars().count(), 73);
        assert_eq!(width(&shortened(&"電".repeat(100))), 73);
        assert_eq!(shortened("Queue\n\u{1b}[2JSales\u{202e}"), "Queue  [2JSales");
        assert_eq!(shortened("zoe\u{1b}]0;all is well\u{7}\u{9b}31m"), "zoe ]0;all is well  31m");
    }
}
