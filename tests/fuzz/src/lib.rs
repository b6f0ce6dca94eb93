//! What holds for every input from outside, however hostile: a claim for each parser, which panics where it does not hold.
//!
//! libFuzzer looks for such inputs (`fuzz/`); what it kept of them (`corpus/`) is tried again by every test run.

mod contact_record;
mod media;
mod params;
mod recording;
mod token;
mod transcript;

/// A claim about an input of any bytes.
pub type Claim = fn(&[u8]);

/// The claims, by the names of their fuzz targets and corpora.
pub const CLAIMS: [(&str, Claim); 6] = [
    ("contact_record", contact_record::claim),
    ("media", media::claim),
    ("params", params::claim),
    ("recording", recording::claim),
    ("token", token::claim),
    ("transcript", transcript::claim),
];

/// Makes a claim about an input.
///
/// # Panics
/// When it does not hold, or there is none of that name.
pub fn claim(name: &str, input: &[u8]) {
    match CLAIMS.iter().find(|(known, _)| *known == name) {
        Some((_, claim)) => claim(input),
        None => panic!("there is no claim {name}"),
    }
}
