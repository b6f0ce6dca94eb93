//! The names of languages, and the voices that speak them.

use vmx_contract::language;

use super::{Language, words};

/// Languages by the first part of their codes.
const NAMES: &str = "ab Abkhaz|af Afrikaans|am Amharic|ar Arabic|ast Asturian|az Azerbaijani|ba Bashkir|be Belarusian|\
    bg Bulgarian|bn Bengali|bs Bosnian|ca Catalan|ckb Central Kurdish|cs Czech|cy Welsh|da Danish|de German|el Greek|\
    en English|es Spanish|et Estonian|eu Basque|fa Persian|fi Finnish|fr French|ga Irish|gd Scottish Gaelic|\
    gl Galician|gu Gujarati|ha Hausa|he Hebrew|hi Hindi|hr Croatian|ht Haitian Creole|hu Hungarian|hy Armenian|\
    id Indonesian|is Icelandic|it Italian|ja Japanese|jv Javanese|ka Georgian|kab Kabyle|kk Kazakh|km Khmer|\
    kn Kannada|ko Korean|ky Kyrgyz|lg Luganda|lt Lithuanian|lv Latvian|mhr Meadow Mari|mi Maori|mk Macedonian|\
    ml Malayalam|mn Mongolian|mr Marathi|ms Malay|mt Maltese|my Burmese|ne Nepali|nl Dutch|no Norwegian|or Odia|\
    pa Punjabi|pl Polish|ps Pashto|pt Portuguese|ro Romanian|ru Russian|rw Kinyarwanda|si Sinhala|sk Slovak|\
    sl Slovenian|so Somali|sq Albanian|sr Serbian|su Sundanese|sv Swedish|sw Swahili|ta Tamil|te Telugu|th Thai|\
    tl Tagalog|tr Turkish|tt Tatar|ug Uyghur|uk Ukrainian|uz Uzbek|vi Vietnamese|wo Wolof|zh Chinese|zu Zulu";

/// Countries by the second part.
const COUNTRIES: &str = "AB Scotland|AE United Arab Emirates|AF Afghanistan|AL Albania|AM Armenia|AU Australia|\
    AZ Azerbaijan|BA Bosnia and Herzegovina|BG Bulgaria|BI Burundi|BR Brazil|BY Belarus|CA Canada|CH Switzerland|\
    CN China|CZ Czechia|DE Germany|DK Denmark|DZ Algeria|EE Estonia|ES Spain|ET Ethiopia|FI Finland|FR France|\
    GB United Kingdom|GE Georgia|GR Greece|HK Hong Kong|HR Croatia|HT Haiti|HU Hungary|ID Indonesia|IE Ireland|\
    IL Israel|IN India|IQ Iraq|IR Iran|IS Iceland|IT Italy|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|\
    KR South Korea|KZ Kazakhstan|LK Sri Lanka|LT Lithuania|LV Latvia|MK North Macedonia|MM Myanmar|MN Mongolia|\
    MT Malta|MX Mexico|MY Malaysia|NG Nigeria|NL Netherlands|NO Norway|NP Nepal|NZ New Zealand|PH Philippines|\
    PL Poland|PT Portugal|RO Romania|RS Serbia|RU Russia|RW Rwanda|SA Saudi Arabia|SE Sweden|SI Slovenia|\
    SK Slovakia|SN Senegal|SO Somalia|TH Thailand|TR Turkey|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|\
    US United States|UZ Uzbekistan|VN Vietnam|WL Wales|ZA South Africa";

/// The standard voices of Amazon Polly. Only they are certain to play the beep.
/// Source: the Amazon Polly developer guide, "Standard voices".
const VOICES: [(&str, &[&str]); 27] = [
    ("ar-AE", &["Zeina"]),
    ("cy-GB", &["Gwyneth"]),
    ("da-DK", &["Naja", "Mads"]),
    ("de-DE", &["Vicki", "Marlene", "Hans"]),
    ("en-AU", &["Nicole", "Russell"]),
    ("en-GB", &["Amy", "Emma", "Brian"]),
    ("en-IN", &["Aditi", "Raveena"]),
    ("en-US", &["Joanna", "Ivy", "Kendra", "Kimberly", "Salli", "Joey"]),
    ("es-ES", &["Lucia", "Conchita", "Enrique"]),
    ("es-MX", &["Mia"]),
    ("es-US", &["Lupe", "Penelope", "Miguel"]),
    ("fr-CA", &["Chantal"]),
    ("fr-FR", &["Lea", "Celine", "Mathieu"]),
    ("hi-IN", &["Aditi"]),
    ("is-IS", &["Dora", "Karl"]),
    ("it-IT", &["Bianca", "Carla", "Giorgio"]),
    ("ja-JP", &["Takumi", "Mizuki"]),
    ("ko-KR", &["Seoyeon"]),
    ("nl-NL", &["Lotte", "Ruben"]),
    ("no-NO", &["Liv"]),
    ("pl-PL", &["Ewa", "Maja", "Jacek", "Jan"]),
    ("pt-BR", &["Camila", "Vitoria", "Ricardo"]),
    ("pt-PT", &["Ines", "Cristiano"]),
    ("ro-RO", &["Carmen"]),
    ("ru-RU", &["Tatyana", "Maxim"]),
    ("sv-SE", &["Astrid"]),
    ("tr-TR", &["Filiz"]),
];

fn find(list: &'static str, code: &str) -> Option<&'static str> {
    list.split('|')
        .find_map(|entry| entry.split_once(' ').filter(|(key, _)| *key == code).map(|(_, name)| name))
}

impl Language {
    /// Every language, by its code.
    pub fn all() -> impl Iterator<Item = Self> {
        language::CODES.into_iter().filter_map(|code| Self::parse(code).ok())
    }

    /// Its name in English: `English (United Kingdom)`.
    #[must_use]
    pub fn name(self) -> String {
        let (language, country) = self.as_str().split_once('-').unwrap_or((self.as_str(), ""));
        let of = |list, code| find(list, code).unwrap_or(code);
        format!("{} ({})", of(NAMES, language), of(COUNTRIES, country))
    }

    /// Whether there is built-in text for it, its own or a related language's.
    #[must_use]
    pub fn has_words(self) -> bool {
        words::built_in(self, "greeting").is_some()
    }

    /// The standard voices that speak it, or the same language in another country.
    #[must_use]
    pub fn voices(self) -> &'static [&'static str] {
        let family = |code: &str| code.split('-').next().unwrap_or_default().to_owned();
        let code = self.as_str();
        let own = VOICES.iter().find(|(known, _)| *known == code);
        // As for words: the last one of a language has the most callers.
        let related = || VOICES.iter().rev().find(|(known, _)| family(known) == family(code));
        own.or_else(related).map(|(_, voices)| *voices).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn every_language_has_a_name() {
        for language in Language::all() {
            let (code, country) = language.as_str().split_once('-').unwrap();
            let told = (find(NAMES, code), find(COUNTRIES, country));
            assert!(matches!(told, (Some(_), Some(_))), "{}: {told:?}", language.as_str());
        }
        assert_eq!(Language::parse("en-GB").unwrap().name(), "English (United Kingdom)");
        assert_eq!(Language::parse("nl-NL").unwrap().name(), "Dutch (Netherlands)");
    }

    #[test]
    fn the_built_in_voice_is_the_first_of_its_language() {
        for language in words::languages().map(|code| Language::parse(code).unwrap()) {
            assert_eq!(words::built_in(language, "voice"), language.voices().first().copied());
        }
        assert_eq!(Language::parse("nl-NL").unwrap().voices(), ["Lotte", "Ruben"]);
        assert!(!Language::parse("nl-NL").unwrap().has_words());
        // No standard voice speaks it.
        assert!(Language::parse("fi-FI").unwrap().voices().is_empty());
    }
}
