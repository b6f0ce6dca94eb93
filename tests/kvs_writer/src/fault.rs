//! Errors that the service reports inside a response, after its HTTP status was already sent.

use crate::document::{write_header, write_info, write_service_tags};
use crate::ebml::{id, write_open_master};
use crate::layout::ElementSize;

/// An in-band error. The two read operations name their tags differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceError<'a> {
    /// `AWS_KINESISVIDEO_ERROR_CODE` and `AWS_KINESISVIDEO_ERROR_ID`, for example `FRAGMENT_NOT_FOUND` and 3000.
    Error {
        /// The code in words.
        code: &'a str,
        /// The code as a number.
        id: u32,
    },
    /// `AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE` and `AWS_KINESISVIDEO_EXCEPTION_MESSAGE`, with the fragment's number.
    Exception {
        /// The code; a number in text.
        code: &'a str,
        /// What happened, in words.
        message: &'a str,
        /// The fragment that could not be read.
        fragment_number: &'a str,
    },
}

/// Appends a document that holds nothing but the error.
pub fn write_error(error: &ServiceError<'_>, out: &mut Vec<u8>) {
    write_header(out);
    write_open_master(out, id::SEGMENT, ElementSize::UnknownEightBytes, |out| {
        write_info(out);
        match error {
            ServiceError::Error { code, id } => write_service_tags(
                out,
                &[("AWS_KINESISVIDEO_ERROR_CODE", code), ("AWS_KINESISVIDEO_ERROR_ID", &id.to_string())],
            ),
            ServiceError::Exception { code, message, fragment_number } => write_service_tags(
                out,
                &[
                    ("AWS_KINESISVIDEO_FRAGMENT_NUMBER", fragment_number),
                    ("AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE", code),
                    ("AWS_KINESISVIDEO_EXCEPTION_MESSAGE", message),
                ],
            ),
        }
    });
}
