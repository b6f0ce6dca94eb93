//! The token of a playback link: which voicemail it opens and when, with proof of its origin.
//!
//! ```text
//! <base64url of message and version | contact id | issued at | expires at>.<base64url of the MAC>
//!                     1 byte           16 bytes     8 bytes     8 bytes                32 bytes
//! ```
//!
//! The first byte has the number of the contact's message, minus one, in its high half and the version in its low half.
//! Numbers are big-endian, times are seconds since 1970. The MAC is HMAC-SHA-256 over the bytes before the dot, with a
//! key that only AWS KMS has. A token has a constant length and exactly one spelling. It is a secret: anyone who has it
//! can listen, so it is neither shown by `{:?}` nor written by [`Display`](std::fmt::Display).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::objects::ContactId;
use crate::voicemail_id::{MessageNumber, VoicemailId};

/// The only version.
const VERSION: u8 = 1;
/// Bytes of the claims.
const CLAIMS_BYTES: usize = 33;
/// Bytes of the MAC.
pub const MAC_BYTES: usize = 32;
/// Characters of a token.
pub const TOKEN_CHARACTERS: usize = 44 + 1 + 43;

/// The content of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    id: VoicemailId,
    issued_at: u64,
    expires_at: u64,
}

/// Claims that a token cannot express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The contact's ID has capitals, which its 16 bytes do not preserve.
    #[error("the contact ID is not in lowercase, as Amazon Connect writes it")]
    Capitals,
    /// The link would end before its start, or is out of the calendar's range.
    #[error("the link's times are out of range, or its end is before its start")]
    Times,
}

/// A text that is not a token. It does not say why, which would only help attackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a playback link's token")]
pub struct TokenError;

impl Claims {
    /// The claims of a voicemail's token, valid from now for so long, in whole seconds.
    ///
    /// # Errors
    /// [`ClaimsError`] if a token cannot express them.
    pub fn new(id: &VoicemailId, issued_at: Timestamp, lifetime: Duration) -> Result<Self, ClaimsError> {
        if id.contact().as_str().bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ClaimsError::Capitals);
        }
        let issued_at = u64::try_from(issued_at.as_second()).map_err(|_| ClaimsError::Times)?;
        let expires_at = issued_at.checked_add(lifetime.as_secs()).ok_or(ClaimsError::Times)?;
        let claims = Self { id: id.clone(), issued_at, expires_at };
        if claims.is_in_calendar() { Ok(claims) } else { Err(ClaimsError::Times) }
    }

    /// The voicemail.
    #[must_use]
    pub fn id(&self) -> &VoicemailId {
        &self.id
    }

    /// When it was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        time(self.issued_at).unwrap_or(Timestamp::MAX)
    }

    /// From when it is invalid.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        time(self.expires_at).unwrap_or(Timestamp::MIN)
    }

    /// Whether it is valid at a time, judging only by its own times.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.expires_at()
    }

    /// The bytes under the MAC.
    #[must_use]
    pub fn message(&self) -> [u8; CLAIMS_BYTES] {
        let mut bytes = [0; CLAIMS_BYTES];
        bytes[0] = VERSION | ((self.id.number().get() - 1) << 4);
        let digits: String = self.id.contact().as_str().chars().filter(|c| *c != '-').collect();
        let id = u128::from_str_radix(&digits, 16).unwrap_or_default();
        bytes[1..17].copy_from_slice(&id.to_be_bytes());
        bytes[17..25].copy_from_slice(&self.issued_at.to_be_bytes());
        bytes[25..].copy_from_slice(&self.expires_at.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (&[first], rest) = bytes.split_first_chunk::<1>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (issued_at, rest) = rest.split_first_chunk::<8>()?;
        let expires_at: &[u8; 8] = rest.try_into().ok()?;
        let digits = format!("{:032x}", u128::from_be_bytes(*id));
        let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        let claims = Self {
            id: VoicemailId::new(
                ContactId::parse(&groups.join("-")).ok()?,
                MessageNumber::try_from((first >> 4) + 1).ok()?,
            ),
            issued_at: u64::from_be_bytes(*issued_at),
            expires_at: u64::from_be_bytes(*expires_at),
        };
        (first & 0x0f == VERSION && claims.is_in_calendar()).then_some(claims)
    }

    fn is_in_calendar(&self) -> bool {
        self.issued_at < self.expires_at && time(self.expires_at).is_some()
    }
}

/// A token from a link. AWS KMS must check its MAC.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Its claims.
    pub claims: Claims,
    /// The proof.
    pub mac: [u8; MAC_BYTES],
}

impl Token {
    /// Reads a token from any text.
    ///
    /// # Errors
    /// [`TokenError`] for text that [`Token::reveal`] does not produce.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        if text.len() != TOKEN_CHARACTERS {
            return Err(TokenError);
        }
        let (claims, mac) = text.split_once('.').ok_or(TokenError)?;
        // The engine refuses padding and unused bits: each token has one spelling.
        let read = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError);
        let claims = Claims::read(&read(claims)?).ok_or(TokenError)?;
        let mac = read(mac)?.try_into().map_err(|_| TokenError)?;
        Ok(Self { claims, mac })
    }

    /// The token's text, the secret itself.
    #[must_use]
    pub fn reveal(&self) -> String {
        let claims = BASE64_URL_SAFE_NO_PAD.encode(self.claims.message());
        let mac = BASE64_URL_SAFE_NO_PAD.encode(self.mac);
        format!("{claims}.{mac}")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("claims", &self.claims).finish_non_exhaustive()
    }
}

fn time(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    fn token() -> Token {
        let id = VoicemailId::parse(CONTACT).unwrap();
        let issued_at = "2026-11-23T10:00:00Z".parse().unwrap();
        let claims = Claims::new(&id, issued_at, Duration::from_hours(1)).unwrap();
        Token { claims, mac: [7; MAC_BYTES] }
    }

    #[test]
    fn a_token_has_a_form_of_its_own() {
        let token = token();
        let text = token.reveal();
        assert_eq!(
            text,
            "AQAAAAAAAEAAgAAAAAAAwN4AAAAAawQOoAAAAABrBByw.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
        );
        assert_eq!(text.len(), TOKEN_CHARACTERS);
        let read = Token::parse(&text).unwrap();
        assert_eq!(read, token);
        assert_eq!(read.claims.id().to_string(), CONTACT);
        assert_eq!(read.claims.expires_at().to_string(), "2026-11-23T11:00:00Z");
        assert!(!format!("{token:?}").contains("BwcH") && !format!("{token:?}").contains("7, 7"));
    }

    #[test]
    fn a_token_ends_when_it_says() {
        let claims = token().claims;
        assert!(claims.is_current("2026-11-23T10:59:59.999Z".parse().unwrap()));
        assert!(!claims.is_current("2026-11-23T11:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let small = VoicemailId::parse(CONTACT).unwrap();
        let capital = VoicemailId::parse(&CONTACT.to_uppercase()).unwrap();
        let hour = Duration::from_hours(1);
        assert_eq!(Claims::new(&capital, Timestamp::UNIX_EPOCH, hour), Err(ClaimsError::Capitals));
        assert_eq!(Claims::new(&small, Timestamp::UNIX_EPOCH, Duration::ZERO), Err(ClaimsError::Times));
        assert_eq!(Claims::new(&small, Timestamp::MAX, hour), Err(ClaimsError::Times));
        assert_eq!(Claims::new(&small, Timestamp::MIN, hour), Err(ClaimsError::Times));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = token().reveal();
        // The last character of the MAC has two bits that say nothing: `c` and `d` would be the same bytes.
        let other_bits = format!("{}d", &text[..text.len() - 1]);
        let other_version = format!("A{}", &text[1..]).replacen("AQ", "Ag", 1);
        for bad in [
            String::new(),
            other_bits,
            other_version,
            text.replace('.', "="),
            format!("{text}="),
            format!("{text}A"),
            text.to_lowercase(),
            text.replace('.', "…"),
        ] {
            assert_eq!(Token::parse(&bad), Err(TokenError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,120}") {
            if let Ok(token) = Token::parse(&text) {
                prop_assert_eq!(token.reveal(), text);
            }
        }

        #[test]
        fn what_is_read_was_written_so(text in "AQ[A-Za-z0-9_-]{42}\\.[A-Za-z0-9_-]{43}") {
            if let Ok(token) = Token::parse(&text) {
                prop_assert_eq!(token.reveal(), text);
            }
        }

        #[test]
        fn what_was_written_is_read(id in any::<u128>(), number in 1_u8..5, issued in 0_i64..200_000_000_000, lifetime in 1_u64..3_000_000, mac: [u8; MAC_BYTES]) {
            let digits = format!("{id:032x}");
            let id = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
            let number = MessageNumber::try_from(number).unwrap();
            let id = VoicemailId::new(ContactId::parse(&id).unwrap(), number);
            let issued_at = Timestamp::from_second(issued).unwrap();
            let claims = Claims::new(&id, issued_at, Duration::from_secs(lifetime)).unwrap();
            let token = Token { claims, mac };
            prop_assert_eq!(token.reveal().len(), TOKEN_CHARACTERS);
            prop_assert_eq!(Token::parse(&token.reveal()), Ok(token));
        }
    }
}
