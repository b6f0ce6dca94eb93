//! The wizard's questions: a title, a line on why, and a dialoguer prompt.

use std::future::Future;
use std::pin::Pin;

use dialoguer::console::{Term, style};
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Input, MultiSelect, Select};

use super::approval::{Terminal, asking};
use super::terminal::{Paint, clean, paint};
use super::words::{WIDTH, wrap_words};
use crate::wizard::{Asker, Choice, Kind, Question, Reply};

/// How many choices to show: as many as fit on 24 lines with the question.
const PAGE: usize = 12;
/// The input that goes back, in a text question.
const BACK: &str = "<";
/// The input that clears an optional text.
const NONE: &str = "none";

impl Asker for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Reply> + 'a>> {
        let question = question.clone();
        Box::pin(async move {
            let asked = asking(move || {
                let term = Term::stderr();
                head(&term, &question)?;
                match &question.kind {
                    Kind::Choose(choices) => choose(&term, &question, choices),
                    Kind::ChooseMany(choices) => choose_many(&term, &question, choices),
                    Kind::Text { may_be_empty } => text(&term, &question, *may_be_empty),
                }
            });
            match asked.await {
                Ok(Ok(reply)) => reply,
                _ => Reply::Interrupted,
            }
        })
    }
}

fn head(term: &Term, question: &Question) -> Result<(), dialoguer::Error> {
    term.write_line("")?;
    term.write_line(&style(clean(&question.title)).for_stderr().bold().to_string())?;
    for line in question.why.lines() {
        let line = paint(&wrap_words(&clean(line), 0, 2), Paint::Uncolored);
        term.write_line(&style(line).for_stderr().dim().to_string())?;
    }
    Ok(())
}

fn choose(term: &Term, question: &Question, choices: &[Choice]) -> Result<Reply, dialoguer::Error> {
    let labels: Vec<String> = choices.iter().map(|choice| shortened(&choice.label)).collect();
    let prompt = if question.can_go_back { "↑ ↓ and Enter; Esc goes back" } else { "↑ ↓ and Enter" };
    let theme = ColorfulTheme::default();
    let mut select =
        Select::with_theme(&theme).with_prompt(prompt).items(&labels).max_length(PAGE).report(false);
    if let Some(default) = &question.default {
        select =
            select.default(choices.iter().position(|choice| choice.value == *default).unwrap_or_default());
    }
    loop {
        match select.clone().interact_on_opt(term)?.and_then(|chosen| choices.get(chosen)) {
            Some(choice) => {
                told(term, &choice.label)?;
                return Ok(Reply::Answer(choice.value.clone()));
            }
            None if question.can_go_back => return Ok(Reply::Back),
            None => {}
        }
    }
}

fn choose_many(term: &Term, question: &Question, choices: &[Choice]) -> Result<Reply, dialoguer::Error> {
    let labels: Vec<String> = choices.iter().map(|choice| shortened(&choice.label)).collect();
    let chosen: Vec<&str> = question.default.iter().flat_map(|default| default.split(", ")).collect();
    let defaults: Vec<bool> = choices.iter().map(|choice| chosen.contains(&choice.value.as_str())).collect();
    let prompt = if question.can_go_back {
        "↑ ↓, Space to select, and Enter; Esc goes back"
    } else {
        "↑ ↓, Space to select, and Enter"
    };
    let theme = ColorfulTheme::default();
    let select = MultiSelect::with_theme(&theme)
        .with_prompt(prompt)
        .items(&labels)
        .defaults(&defaults)
        .max_length(PAGE)
        .report(false);
    loop {
        let Some(chosen) = select.clone().interact_on_opt(term)? else {
            if question.can_go_back {
                return Ok(Reply::Back);
            }
            continue;
        };
        let chosen: Vec<&Choice> = chosen.into_iter().filter_map(|one| choices.get(one)).collect();
        let joined =
            |part: fn(&Choice) -> &str| chosen.iter().map(|one| part(one)).collect::<Vec<_>>().join(", ");
        let labels = joined(|choice| &choice.label);
        told(term, if labels.is_empty() { NONE } else { &labels })?;
        return Ok(Reply::Answer(joined(|choice| &choice.value)));
    }
}

fn text(term: &Term, question: &Question, may_be_empty: bool) -> Result<Reply, dialoguer::Error> {
    let default = question.default.as_ref().filter(|default| !default.is_empty());
    let can_be_emptied = may_be_empty && default.is_some();
    let mut prompt = "Enter keeps it".to_owned();
    if can_be_emptied {
        prompt.push_str("; none clears it");
    }
    if question.can_go_back {
        prompt.push_str("; < goes back");
    }
    let theme = ColorfulTheme::default();
    let mut input =
        Input::<String>::with_theme(&theme).with_prompt(prompt).allow_empty(may_be_empty).report(false);
    let shown = default.map(|default| clean(default));
    if let Some(shown) = &shown {
        input = input.default(shown.to_string());
    }
    let mut answer = input.interact_text_on(term)?;
    if let Some(default) = default.filter(|_| shown.as_deref() == Some(answer.as_str())) {
        // The shown default may lack control characters.
        answer.clone_from(default);
    }
    if question.can_go_back && answer.trim() == BACK {
        return Ok(Reply::Back);
    }
    if can_be_emptied && answer.trim() == NONE {
        answer.clear();
    }
    told(term, if answer.is_empty() { NONE } else { &answer })?;
    Ok(Reply::Answer(answer))
}

/// Shows the answer in place of the prompt.
fn told(term: &Term, answer: &str) -> Result<(), dialoguer::Error> {
    let answer = shortened(answer);
    Ok(term.write_line(&style(format!("→ {answer}")).for_stderr().green().to_string())?)
}

/// Shortens a label so that its choice fits on one line.
fn shortened(label: &str) -> String {
    const ROOM: usize = WIDTH - 4;
    let label = clean(label);
    if label.chars().count() <= ROOM {
        return label.into_owned();
    }
    label.chars().take(ROOM - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_line() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(100)).chars().count(), 76);
        assert_eq!(shortened("Queue\n\u{1b}[2JSales\u{202e}"), "Queue  [2JSales");
    }
}
