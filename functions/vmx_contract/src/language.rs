//! The languages that Amazon Transcribe's batch jobs support.
//!
//! Source: the `LanguageCode` values of the Amazon Transcribe API model, November 2026.

/// Every language code, sorted.
pub const CODES: [&str; 117] = [
    "ab-GE", "af-ZA", "am-ET", "ar-AE", "ar-SA", "ast-ES", "az-AZ", "ba-RU", "be-BY", "bg-BG", "bn-IN",
    "bs-BA", "ca-ES", "ckb-IQ", "ckb-IR", "cs-CZ", "cy-GB", "cy-WL", "da-DK", "de-CH", "de-DE", "el-GR",
    "en-AB", "en-AU", "en-GB", "en-IE", "en-IN", "en-NZ", "en-US", "en-WL", "en-ZA", "es-ES", "es-MX",
    "es-US", "et-EE", "et-ET", "eu-ES", "fa-AF", "fa-IR", "fi-FI", "fr-CA", "fr-FR", "ga-IE", "gd-GB",
    "gl-ES", "gu-IN", "ha-NG", "he-IL", "hi-IN", "hr-HR", "ht-HT", "hu-HU", "hy-AM", "id-ID", "is-IS",
    "it-IT", "ja-JP", "jv-ID", "ka-GE", "kab-DZ", "kk-KZ", "km-KH", "kn-IN", "ko-KR", "ky-KG", "lg-IN",
    "lt-LT", "lv-LV", "mhr-RU", "mi-NZ", "mk-MK", "ml-IN", "mn-MN", "mr-IN", "ms-MY", "mt-MT", "my-MM",
    "ne-NP", "nl-NL", "no-NO", "or-IN", "pa-IN", "pl-PL", "ps-AF", "pt-BR", "pt-PT", "ro-RO", "ru-RU",
    "rw-RW", "si-LK", "sk-SK", "sl-SI", "so-SO", "sq-AL", "sr-RS", "su-ID", "sv-SE", "sw-BI", "sw-KE",
    "sw-RW", "sw-TZ", "sw-UG", "ta-IN", "te-IN", "th-TH", "tl-PH", "tr-TR", "tt-RU", "ug-CN", "uk-UA",
    "uz-UZ", "vi-VN", "wo-SN", "zh-CN", "zh-HK", "zh-TW", "zu-ZA",
];

/// The languages in which Amazon Transcribe's batch jobs redact personal data.
/// Source: the Amazon Transcribe developer guide, "Redacting PII in your batch job".
pub const REDACTED: [&str; 2] = ["en-US", "es-US"];

/// The canonical spelling of a language code: `EN-us` becomes `en-US`. `None` for an unsupported language.
#[must_use]
pub fn canonical(code: &str) -> Option<&'static str> {
    CODES.into_iter().find(|known| known.eq_ignore_ascii_case(code.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_found_in_any_case() {
        assert!(CODES.is_sorted());
        assert!(REDACTED.iter().all(|code| CODES.contains(code)));
        assert_eq!(canonical(" EN-us"), Some("en-US"));
        for bad in ["", "en", "en_US", "xx-XX"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
