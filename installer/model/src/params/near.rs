//! The known name that was probably meant.

/// The known name that is close enough to be the intended one.
pub(super) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = *nearest(name, known).first()?;
    (strsim::jaro_winkler(&name.to_lowercase(), &near.to_lowercase()) > 0.8).then(|| near.to_owned())
}

/// The three names most similar to a word, the closest first.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut names: Vec<(f64, &str)> =
        names.map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name)).collect();
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    names.into_iter().take(3).map(|(_, name)| name).collect()
}
