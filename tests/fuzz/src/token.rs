//! The token of a playback link, which anybody on the internet can send.

use vmx_contract::token::Token;

/// A token that is read has one spelling.
pub(crate) fn claim(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(token) = Token::parse(text) {
        assert_eq!(token.reveal(), text);
        assert!(token.claims.issued_at() < token.claims.expires_at());
    }
}
