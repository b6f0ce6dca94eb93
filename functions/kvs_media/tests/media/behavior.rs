//! What the extractor does with media that is out of the ordinary.

use crate::call::{CONTACT, OTHER_CONTACT, START_MS, fragment, number, second, spoken};
use crate::extract::{extract, extract_in_chunks};
use kvs_media::{
    Extractor, FragmentNumber, Gap, MAX_FRAGMENT_BYTES, MAX_SILENCE_MS, MediaError, REORDER_WINDOW, Selection,
};
use kvs_writer::{ElementSize, Layout, ServiceError, TagPlace, write_error};

fn selection() -> Selection {
    Selection::contact(CONTACT)
}

fn range(first: u64, last: u64) -> Selection {
    selection().within(fragment_number(first), fragment_number(last))
}

fn fragment_number(index: u64) -> FragmentNumber {
    number(index).parse().unwrap()
}

/// The seconds with these indices, in this order.
fn media(indices: &[u64]) -> Vec<u8> {
    indices.iter().flat_map(|index| second(*index, CONTACT)).collect()
}

fn speech_of(indices: std::ops::Range<u64>) -> Vec<u8> {
    indices.flat_map(spoken).collect()
}

#[test]
fn a_call_comes_out_byte_for_byte() {
    let (pcm, summary) = extract(&range(0, 9), &media(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).unwrap();
    assert_eq!(pcm, speech_of(0..10));
    assert_eq!((summary.fragments, summary.gap_count, summary.duration_ms()), (10, 0, 10_240));
    assert_eq!((summary.first, summary.last), (Some(fragment_number(0)), Some(fragment_number(9))));
}

#[test]
fn audio_is_handed_on_while_it_comes_and_not_kept() {
    let mut extractor = Extractor::new(selection());
    let mut pcm = Vec::new();
    for index in 0..200 {
        let before = pcm.len();
        extractor.push(&second(index, CONTACT), &mut pcm).unwrap();
        let held_back = (index + 1) as usize * kvs_writer::FRAGMENT_BYTES - pcm.len();
        assert!(held_back <= (REORDER_WINDOW + 1) * kvs_writer::FRAGMENT_BYTES);
        assert!(pcm.len() - before <= kvs_writer::FRAGMENT_BYTES);
    }
    let summary = extractor.finish(&mut pcm).unwrap();
    assert_eq!((pcm, summary.fragments), (speech_of(0..200), 200));
}

#[test]
fn no_media_is_no_fragment() {
    let (pcm, summary) = extract(&selection(), &[]).unwrap();
    assert_eq!((pcm.len(), summary.fragments, summary.duration_ms()), (0, 0, 0));
}

#[test]
fn a_short_response_may_come_in_any_order() {
    let indices: Vec<u64> = (0..REORDER_WINDOW as u64).rev().collect();
    let (pcm, summary) = extract(&selection(), &media(&indices)).unwrap();
    assert_eq!(pcm, speech_of(0..REORDER_WINDOW as u64));
    assert_eq!((summary.gap_count, summary.duplicates), (0, 0));
}

#[test]
fn a_fragment_that_comes_too_late_is_an_error_and_sorting_helps() {
    let late: Vec<u64> = (1..30).chain([0]).collect();
    let error = extract(&selection(), &media(&late)).unwrap_err();
    assert_eq!(error, MediaError::OutOfOrder { fragment: number(0) });

    let sorted: Vec<u64> = (0..30).collect();
    assert_eq!(extract(&selection(), &media(&sorted)).unwrap().0, speech_of(0..30));
}

#[test]
fn repeats_are_dropped_whether_held_back_or_handed_on() {
    let again: Vec<u64> = (0..3).chain(0..40).chain(20..40).chain([0, 39]).collect();
    let (pcm, summary) = extract(&selection(), &media(&again)).unwrap();
    assert_eq!(pcm, speech_of(0..40));
    assert_eq!((summary.fragments, summary.duplicates, summary.gap_count), (40, 25, 0));
}

#[test]
fn several_responses_are_one_message() {
    let mut extractor = Extractor::new(range(0, 59));
    let mut pcm = Vec::new();
    for response in [0..20, 20..40, 40..60] {
        extractor.push(&media(&response.collect::<Vec<_>>()), &mut pcm).unwrap();
        extractor.end_of_response(&mut pcm).unwrap();
        assert_eq!(pcm.len() as u32, extractor.summary().pcm_bytes, "nothing is held back between responses");
    }
    assert_eq!(extractor.finish(&mut pcm).unwrap().fragments, 60);
    assert_eq!(pcm, speech_of(0..60));
}

#[test]
fn a_response_that_broke_off_can_be_asked_for_again() {
    let response = media(&(0..30).collect::<Vec<_>>());
    let mut extractor = Extractor::new(selection());
    let mut pcm = Vec::new();
    extractor.push(&response[..response.len() - 700], &mut pcm).unwrap();
    assert!(matches!(extractor.end_of_response(&mut pcm), Err(MediaError::Truncated { .. })));
    extractor.push(&response, &mut pcm).unwrap();
    extractor.end_of_response(&mut pcm).unwrap();
    let summary = extractor.finish(&mut pcm).unwrap();
    assert_eq!(pcm, speech_of(0..30));
    assert_eq!((summary.fragments, summary.duplicates), (30, 29));
}

#[test]
fn a_response_whose_transport_failed_can_be_asked_for_again() {
    let response = media(&[2, 0, 1]);
    let mut extractor = Extractor::new(selection());
    let mut pcm = Vec::new();
    // Cut between two fragments: only the transport knows that there is more.
    extractor.push(&media(&[2]), &mut pcm).unwrap();
    extractor.abandon_response();
    let mut given_up = Extractor::new(selection());
    given_up.push(&media(&[2]), &mut Vec::new()).unwrap();
    given_up.abandon_response();
    assert!(matches!(given_up.finish(&mut Vec::new()), Err(MediaError::Truncated { .. })));

    extractor.push(&response, &mut pcm).unwrap();
    assert_eq!(extractor.finish(&mut pcm).unwrap().fragments, 3);
    assert_eq!(pcm, speech_of(0..3));
}

#[test]
fn an_error_that_nothing_made_good_is_not_overlooked() {
    let response = media(&[0, 1]);
    let mut extractor = Extractor::new(selection());
    let mut pcm = Vec::new();
    extractor.push(&response[..20_000], &mut pcm).unwrap();
    let error = extractor.end_of_response(&mut pcm).unwrap_err();
    assert_eq!(extractor.finish(&mut pcm).unwrap_err(), error);
}

#[test]
fn lost_fragments_become_silence_of_their_length() {
    let (pcm, summary) = extract(&selection(), &media(&[0, 1, 4, 5])).unwrap();
    let lost = vec![0; 2 * kvs_writer::FRAGMENT_BYTES];
    assert_eq!(pcm, [speech_of(0..2), lost, speech_of(4..6)].concat());
    assert_eq!(summary.gaps, [Gap { at_bytes: 32_768, missing_bytes: 32_768, filled_bytes: 32_768 }]);
    assert_eq!((summary.gaps[0].at_ms(), summary.gaps[0].missing_ms()), (2048, 2048));
    assert_eq!((summary.gap_count, summary.silence_bytes, summary.duration_ms()), (1, 32_768, 6144));
}

#[test]
fn what_is_left_out_on_purpose_is_no_gap() {
    let mut extractor = Extractor::new(range(0, 9));
    let mut pcm = Vec::new();
    for response in [&[0, 1][..], &[5, 6, 8]] {
        extractor.push(&media(response), &mut pcm).unwrap();
        extractor.end_of_response(&mut pcm).unwrap();
        extractor.leave_out();
    }
    let summary = extractor.finish(&mut pcm).unwrap();
    let lost = vec![0; kvs_writer::FRAGMENT_BYTES];
    assert!(pcm == [speech_of(0..2), speech_of(5..7), lost, speech_of(8..9)].concat());
    assert_eq!((summary.fragments, summary.gap_count), (5, 1), "only what was lost is a gap");
}

#[test]
fn silence_is_bounded_and_what_is_missing_is_still_reported() {
    let hour = 3_600_000;
    let late = fragment(9, START_MS + 1024 + hour, CONTACT, &spoken(9), &Layout::default());
    let (pcm, summary) = extract(&selection(), &[second(0, CONTACT), late].concat()).unwrap();
    let bound = MAX_SILENCE_MS * 16;
    assert_eq!(pcm.len(), 2 * kvs_writer::FRAGMENT_BYTES + bound as usize);
    assert_eq!(summary.gaps, [Gap { at_bytes: 16_384, missing_bytes: hour * 16, filled_bytes: bound }]);
}

#[test]
fn other_contacts_and_numbers_outside_the_range_are_left_out() {
    let media = [
        second(0, OTHER_CONTACT),
        second(1, CONTACT),
        second(2, CONTACT),
        second(3, CONTACT),
        second(4, OTHER_CONTACT),
    ]
    .concat();
    let (pcm, summary) = extract(&selection(), &media).unwrap();
    assert_eq!((pcm, summary.fragments, summary.foreign), (speech_of(1..4), 3, 2));
    let (pcm, summary) = extract(&range(2, 9), &media).unwrap();
    assert_eq!((pcm, summary.fragments, summary.foreign), (speech_of(2..4), 2, 3));
}

#[test]
fn contact_tags_may_stand_anywhere() {
    for contact_tags in [TagPlace::Before, TagPlace::After, TagPlace::Both] {
        let layout = Layout { contact_tags, ..Layout::default() };
        let media = [
            fragment(0, START_MS, OTHER_CONTACT, &spoken(0), &layout),
            fragment(1, START_MS + 1024, CONTACT, &spoken(1), &layout),
        ]
        .concat();
        let (pcm, summary) = extract(&selection(), &media).unwrap();
        assert_eq!((pcm, summary.fragments, summary.foreign), (spoken(1), 1, 1), "{contact_tags:?}");
    }
}

#[test]
fn a_fragment_without_contact_belongs_to_the_one_before_it() {
    let untagged = Layout { contact_tags: TagPlace::Nowhere, ..Layout::default() };
    let bare = Layout { service_tags: false, ..untagged.clone() };
    for layout in [untagged, bare] {
        let tail = fragment(1, START_MS + 1024, "", &spoken(1), &layout);
        let ours = [second(0, CONTACT), tail.clone()].concat();
        assert_eq!(extract(&selection(), &ours).unwrap().0, speech_of(0..2));
        assert_eq!(extract(&range(0, 1), &ours).unwrap().0, speech_of(0..2));
        let theirs = [second(0, OTHER_CONTACT), tail.clone()].concat();
        assert_eq!(extract(&selection(), &theirs).unwrap().0, []);
        assert_eq!(extract(&range(0, 1), &theirs).unwrap().0, []);
        // The whole message can be such a fragment. Only who asked for it by number knows whose it is.
        assert_eq!(extract(&selection(), &tail).unwrap().0, []);
        assert_eq!(extract(&range(1, 1), &tail).unwrap().0, spoken(1));
    }
}

#[test]
fn an_untagged_tail_is_known_when_its_response_is_asked_for_again() {
    let bare = Layout { contact_tags: TagPlace::Nowhere, service_tags: false, ..Layout::default() };
    let response = [media(&[0, 1]), fragment(2, START_MS + 2048, "", &spoken(2), &bare)].concat();
    let mut extractor = Extractor::new(range(0, 2));
    let mut pcm = Vec::new();
    extractor.push(&response, &mut pcm).unwrap();
    extractor.push(&[0x1A, 0x45], &mut pcm).unwrap();
    extractor.end_of_response(&mut pcm).unwrap_err();
    extractor.push(&response, &mut pcm).unwrap();
    let summary = extractor.finish(&mut pcm).unwrap();
    assert_eq!((pcm, summary.fragments), (speech_of(0..3), 3));
}

#[test]
fn errors_of_the_service_are_errors_wherever_they_stand() {
    let error = ServiceError::Error { code: "FRAGMENT_NOT_FOUND", id: 3000 };
    let expected = MediaError::Service {
        code: "FRAGMENT_NOT_FOUND".to_owned(),
        id: Some("3000".to_owned()),
        message: None,
    };
    let mut document = Vec::new();
    write_error(&error, &mut document);
    for media in
        [document.clone(), [media(&[0]), document.clone()].concat(), [document.clone(), media(&[0])].concat()]
    {
        assert_eq!(extract(&selection(), &media).unwrap_err(), expected);
    }
    assert_eq!(
        expected.to_string(),
        "kinesis video streams reported \"FRAGMENT_NOT_FOUND\" (id \"3000\") inside the media"
    );

    let mut document = Vec::new();
    let error =
        ServiceError::Exception { code: "3000", message: "no such fragment", fragment_number: &number(7) };
    write_error(&error, &mut document);
    let expected = MediaError::Service {
        code: "3000".to_owned(),
        id: None,
        message: Some("no such fragment".to_owned()),
    };
    assert_eq!(extract(&selection(), &document).unwrap_err(), expected);
}

#[test]
fn a_cut_says_where_and_in_what() {
    let media = media(&[0, 1]);
    for (end, element) in [
        (3, "an element's header"),
        (30, "EBML"),
        (40, "Segment"),
        (52, "SimpleBlock"),
        (100, "an unknown element"),
        (210, "Name"),
        (300, "an element's header"),
        (460, "TagString"),
        (975, "Timecode"),
        (2000, "SimpleBlock"),
    ] {
        let offset = end + media.len() / 2;
        let error = extract_in_chunks(&selection(), &media[..offset], &[usize::MAX]).unwrap_err();
        assert_eq!(error, MediaError::Truncated { offset: offset as u64, element }, "{end} bytes");
    }
}

#[test]
fn another_format_is_refused_by_name() {
    for (mime_type, good) in
        [(None, true), (Some("audio/L16;rate=16000;channels=1;"), false), (Some("audio/aac"), false)]
    {
        let layout = Layout { mime_type, ..Layout::default() };
        let result = extract(&selection(), &fragment(0, START_MS, CONTACT, &spoken(0), &layout));
        match mime_type {
            _ if good => assert_eq!(result.unwrap().0, spoken(0)),
            mime_type => {
                let mime_type = mime_type.unwrap_or_default().to_owned();
                assert_eq!(result.unwrap_err(), MediaError::Format { mime_type });
            }
        }
        let theirs = fragment(0, START_MS, OTHER_CONTACT, &spoken(0), &layout);
        assert_eq!(
            extract(&selection(), &theirs).unwrap().1.foreign,
            1,
            "another contact's format does not matter"
        );
    }
}

#[test]
fn a_fragment_that_was_refused_is_refused_again() {
    let layout = Layout { mime_type: Some("audio/aac"), ..Layout::default() };
    let response = fragment(0, START_MS, CONTACT, &spoken(0), &layout);
    let mut extractor = Extractor::new(selection());
    let mut pcm = Vec::new();
    for _ in 0..2 {
        extractor.push(&response, &mut pcm).unwrap();
        assert!(matches!(extractor.end_of_response(&mut pcm), Err(MediaError::Format { .. })));
    }
}

#[test]
fn half_a_sample_is_an_error() {
    let media = fragment(0, START_MS, CONTACT, &spoken(0)[..1023], &Layout::default());
    let error = extract(&selection(), &media).unwrap_err();
    assert_eq!(error, MediaError::HalfSample { fragment: number(0), bytes: 1023 });
}

#[test]
fn a_laced_block_is_an_error() {
    let mut media = second(0, CONTACT);
    // The flags of the second block, which is the caller's: see the offsets in kvs_writer's test.
    assert_eq!(media[2021 + 9 - 1037 + 1037..][..4], [0x82, 0, 0, 0]);
    media[2021 + 9 + 3] = 0x02;
    assert_eq!(extract(&selection(), &media).unwrap_err(), MediaError::Laced { offset: 2021 + 9 });
}

#[test]
fn sizes_may_be_absurd_without_any_memory_being_set_aside() {
    let element = |id: &[u8], size: u64| [id, &(size | 1 << 56).to_be_bytes()].concat();
    let (ebml, segment) =
        (element(&[0x1A, 0x45, 0xDF, 0xA3], 0), element(&[0x18, 0x53, 0x80, 0x67], (1 << 56) - 1));
    let start = [ebml, segment].concat();

    let vast_tag =
        [start.clone(), element(&[0x12, 0x54, 0xC3, 0x67], 1 << 50), element(&[0x73, 0x73], 1 << 51)];
    assert!(matches!(extract(&selection(), &vast_tag.concat()), Err(MediaError::Malformed { .. })));

    let vast_audio = vec![0; MAX_FRAGMENT_BYTES + 2];
    let layout = Layout { block_bytes: 1 << 20, ..Layout::default() };
    let vast = fragment(0, START_MS, CONTACT, &vast_audio, &layout);
    assert!(matches!(
        extract_in_chunks(&selection(), &vast, &[usize::MAX]),
        Err(MediaError::FragmentTooLarge { .. })
    ));
    let most = fragment(0, START_MS, CONTACT, &vast_audio[2..], &layout);
    assert_eq!(extract_in_chunks(&selection(), &most, &[usize::MAX]).unwrap().0.len(), MAX_FRAGMENT_BYTES);
}

#[test]
fn what_is_not_a_response_is_refused_at_its_place() {
    for media in [&b"RIFF....WAVEfmt "[..], b"<html></html>", &[0; 64], &[0xA3, 0x81, 0x00]] {
        let error = extract(&selection(), media).unwrap_err();
        assert!(matches!(error, MediaError::Malformed { offset: 0, .. }), "{error}");
    }
    let trailing = [second(0, CONTACT), b"\x81garbage".to_vec()].concat();
    let known = Layout { segment: ElementSize::Known, ..Layout::default() };
    let trailing_known =
        [fragment(0, START_MS, CONTACT, &spoken(0), &known), b"\x81\x82garbage".to_vec()].concat();
    assert!(extract(&selection(), &trailing).is_err());
    assert!(matches!(extract(&selection(), &trailing_known), Err(MediaError::Malformed { .. })));
}

#[test]
fn the_old_track_name_is_known_and_the_new_one_preferred() {
    use kvs_writer::{FROM_CUSTOMER, Fragment, Track, write_fragment};
    let write = |tracks: &[Track<'_>]| {
        let mut media = Vec::new();
        let fragment = Fragment {
            number: "1",
            producer_timestamp_ms: START_MS,
            server_timestamp_ms: START_MS,
            contact_id: CONTACT,
            instance_id: "",
            tracks,
        };
        write_fragment(&fragment, &Layout::default(), &mut media);
        media
    };
    let old = Track { number: 1, name: "Track_audio/L16", pcm: &spoken(1) };
    let new = Track { number: 2, name: FROM_CUSTOMER, pcm: &spoken(2) };
    let neither = Track { number: 1, name: "AUDIO_TO_CUSTOMER", pcm: &spoken(3) };
    assert_eq!(extract(&selection(), &write(&[old])).unwrap().0, spoken(1));
    assert_eq!(extract(&selection(), &write(&[old, new])).unwrap().0, spoken(2));
    assert_eq!(extract(&selection(), &write(&[new, old])).unwrap().0, spoken(2));
    let found = vec!["AUDIO_TO_CUSTOMER".to_owned()];
    assert_eq!(extract(&selection(), &write(&[neither])).unwrap_err(), MediaError::NoCallerTrack { found });
}
