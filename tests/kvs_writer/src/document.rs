//! What stands at the head of every document, and tags.

use crate::ebml::{Width, id, write, write_master};

/// Appends the EBML header: a Matroska document, version 2.
pub(crate) fn write_header(out: &mut Vec<u8>) {
    write_master(out, id::EBML, Width::One, |out| {
        write(out, id::EBML_VERSION, Width::One, &[1]);
        write(out, id::EBML_READ_VERSION, Width::One, &[1]);
        write(out, id::EBML_MAX_ID_LENGTH, Width::One, &[4]);
        write(out, id::EBML_MAX_SIZE_LENGTH, Width::One, &[8]);
        write(out, id::DOC_TYPE, Width::One, b"matroska");
        write(out, id::DOC_TYPE_VERSION, Width::One, &[2]);
        write(out, id::DOC_TYPE_READ_VERSION, Width::One, &[2]);
    });
}

/// Appends the Info element: timecodes count milliseconds.
pub(crate) fn write_info(out: &mut Vec<u8>) {
    const PRODUCER: &[u8] = b"Kinesis Video SDK 1.1.0 JNI 2.0";
    write_master(out, id::INFO, Width::Two, |out| {
        write(out, id::SEGMENT_UID, Width::One, &[0x5A; 16]);
        write(out, id::TIMECODE_SCALE, Width::One, &1_000_000_u64.to_be_bytes());
        write(out, id::TITLE, Width::One, b"Kinesis Video SDK");
        write(out, id::MUXING_APP, Width::One, PRODUCER);
        write(out, id::WRITING_APP, Width::One, PRODUCER);
    });
}

/// Appends one tag in a Tags element of its own, as the producer does.
pub(crate) fn write_producer_tag(out: &mut Vec<u8>, name: &str, value: &str) {
    write_master(out, id::TAGS, Width::Eight, |out| write_tag(out, &[(name, value)], Width::Eight));
}

/// Appends several tags in one Tags element, as the service does.
pub(crate) fn write_service_tags(out: &mut Vec<u8>, tags: &[(&str, &str)]) {
    write_master(out, id::TAGS, Width::Four, |out| write_tag(out, tags, Width::Four));
}

fn write_tag(out: &mut Vec<u8>, tags: &[(&str, &str)], width: Width) {
    write_master(out, id::TAG, width, |out| {
        for (name, value) in tags {
            write_master(out, id::SIMPLE_TAG, width, |out| {
                write(out, id::TAG_NAME, width, name.as_bytes());
                write(out, id::TAG_STRING, width, value.as_bytes());
            });
        }
    });
}
