//! Generated calls, checked against what was spoken.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::call::{CONTACT, OTHER_CONTACT, START_MS, fragment, number, speech};
use crate::extract::extract_in_chunks;
use kvs_media::{Extractor, GAP_TOLERANCE_MS, MediaError, REORDER_WINDOW, Selection};
use kvs_writer::{ElementSize, Layout, MIME_TYPE, TagPlace};

/// One fragment of a generated call, as the stream has it.
#[derive(Clone, Debug)]
struct Spoken {
    contact: Contact,
    /// Milliseconds; at least what counts as a gap when it is missing.
    length_ms: u64,
    /// Whether the service has lost it.
    lost: bool,
    /// How many times it is delivered.
    times: usize,
    layout: Layout,
    /// Where it goes if the response is shuffled.
    shuffle: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Contact {
    Ours,
    Other,
    /// The tag is missing.
    Unsaid,
    /// All tags are missing.
    Bare,
}

fn layout() -> impl Strategy<Value = Layout> {
    let size = || {
        prop_oneof![
            Just(ElementSize::UnknownEightBytes),
            Just(ElementSize::UnknownOneByte),
            Just(ElementSize::Known)
        ]
    };
    let place = prop_oneof![Just(TagPlace::Before), Just(TagPlace::After), Just(TagPlace::Both)];
    let mime_type = prop_oneof![Just(Some(MIME_TYPE)), Just(None)];
    // A block's time is in whole milliseconds, so its audio is too.
    (size(), size(), place, mime_type, 1_usize..70, 1_usize..20).prop_map(
        |(segment, cluster, contact_tags, mime_type, block_ms, blocks_per_cluster)| Layout {
            segment,
            cluster,
            contact_tags,
            service_tags: true,
            mime_type,
            block_bytes: block_ms * 16,
            blocks_per_cluster,
        },
    )
}

fn spoken() -> impl Strategy<Value = Spoken> {
    let contact = prop_oneof![
        8 => Just(Contact::Ours),
        2 => Just(Contact::Other),
        1 => Just(Contact::Unsaid),
        1 => Just(Contact::Bare),
    ];
    let lost = prop::bool::weighted(0.1);
    let times = prop_oneof![6 => Just(1), 1 => 2..4_usize];
    (contact, u64::from(GAP_TOLERANCE_MS)..300, lost, times, layout(), any::<u32>()).prop_map(
        |(contact, length_ms, lost, times, mut layout, shuffle)| {
            match contact {
                Contact::Ours | Contact::Other => {}
                Contact::Unsaid => layout.contact_tags = TagPlace::Nowhere,
                Contact::Bare => {
                    layout.contact_tags = TagPlace::Nowhere;
                    layout.service_tags = false;
                }
            }
            // Without a number nobody can tell a repeat.
            let times = if contact == Contact::Bare { 1 } else { times };
            Spoken { contact, length_ms, lost, times, layout, shuffle }
        },
    )
}

/// A call as the service hands it out, and what must come out of it.
struct Call {
    responses: Vec<Vec<u8>>,
    selection: Selection,
    pcm: Vec<u8>,
    fragments: u64,
    duplicates: u64,
    foreign: u64,
    silence: u32,
}

/// Cuts the fragments into responses and says, fragment by fragment, what the rules make of them.
fn call(stream: &[Spoken], per_response: usize, range: Option<(u64, u64)>) -> Call {
    let selection = Selection::contact(CONTACT);
    let mut call = Call {
        responses: Vec::new(),
        selection: match range {
            Some((first, last)) => {
                selection.within(number(first).parse().unwrap(), number(last).parse().unwrap())
            }
            None => selection,
        },
        pcm: Vec::new(),
        fragments: 0,
        duplicates: 0,
        foreign: 0,
        silence: 0,
    };
    let (mut ours, mut in_range) = (range.is_some(), true);
    let mut start_ms = START_MS;
    let mut silence_from = None;
    for (response_index, response) in stream.chunks(per_response).enumerate() {
        let mut deliveries = Vec::new();
        for (index, spoken) in response.iter().enumerate() {
            let index = (response_index * per_response + index) as u64;
            let contact = if spoken.contact == Contact::Other { OTHER_CONTACT } else { CONTACT };
            let pcm = speech(index, spoken.length_ms as usize * 16);
            let bytes = fragment(index, start_ms, contact, &pcm, &spoken.layout);
            if !spoken.lost {
                deliveries.extend(
                    (0..spoken.times).map(|time| (spoken.shuffle.rotate_left(time as u32), bytes.clone())),
                );
                call.duplicates += spoken.times as u64 - 1;
                ours = match spoken.contact {
                    Contact::Ours => true,
                    Contact::Other => false,
                    Contact::Unsaid | Contact::Bare => ours,
                };
                if spoken.contact != Contact::Bare {
                    in_range = range.is_none_or(|(first, last)| (first..=last).contains(&index));
                }
                if ours && in_range {
                    let silence = silence_from.map_or(0, |from| (start_ms - from) as usize * 16);
                    call.pcm.resize(call.pcm.len() + silence, 0);
                    call.silence += silence as u32;
                    call.pcm.extend(pcm);
                    call.fragments += 1;
                    silence_from = Some(start_ms + spoken.length_ms);
                } else {
                    call.foreign += 1;
                }
            }
            start_ms += spoken.length_ms;
        }
        // What has no number is placed by its arrival, so such a response must come in order.
        let bare = response.iter().any(|spoken| spoken.contact == Contact::Bare);
        if !bare && deliveries.len() <= REORDER_WINDOW {
            deliveries.sort_by_key(|(shuffle, _)| *shuffle);
        }
        call.responses.push(deliveries.into_iter().flat_map(|(_, bytes)| bytes).collect());
    }
    call
}

/// What a call is made of; kept apart from its bytes so that a failure can be read.
fn calls() -> impl Strategy<Value = (Vec<Spoken>, usize, Option<(u64, u64)>)> {
    (vec(spoken(), 0..40), 1_usize..45, prop::option::of((0_u64..40, 0_u64..40)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_spoken_comes_out((stream, per_response, range) in calls(), chunks in vec(1_usize..5000, 1..20)) {
        let call = call(&stream, per_response, range);
        let mut extractor = Extractor::new(call.selection.clone());
        let mut pcm = Vec::new();
        let mut sizes = chunks.iter().cycle();
        for response in &call.responses {
            let mut rest = &response[..];
            while !rest.is_empty() {
                let size = sizes.next().map_or(1, |size| (*size).min(rest.len()));
                extractor.push(&rest[..size], &mut pcm)?;
                rest = &rest[size..];
            }
            extractor.end_of_response(&mut pcm)?;
        }
        let summary = extractor.finish(&mut pcm)?;
        prop_assert_eq!(summary.pcm_bytes as usize, pcm.len());
        prop_assert!(pcm == call.pcm, "other audio: {} bytes for {}", pcm.len(), call.pcm.len());
        prop_assert_eq!(summary.fragments, call.fragments);
        prop_assert_eq!(summary.duplicates, call.duplicates);
        prop_assert_eq!(summary.foreign, call.foreign);
        prop_assert_eq!(summary.silence_bytes, call.silence);
    }

    #[test]
    fn a_call_that_breaks_off_anywhere_comes_out_whole_the_second_time(
        (stream, per_response, range) in calls(),
        at in any::<prop::sample::Index>(),
    ) {
        let call = call(&stream, per_response, range);
        let mut extractor = Extractor::new(call.selection.clone());
        let mut pcm = Vec::new();
        for response in &call.responses {
            let cut = at.index(response.len() + 1);
            extractor.push(&response[..cut], &mut pcm)?;
            if extractor.end_of_response(&mut pcm).is_ok() {
                // Cut where a response can end: only the transport can know, and another test looks at this.
                return Ok(());
            }
            extractor.push(response, &mut pcm)?;
            extractor.end_of_response(&mut pcm)?;
        }
        extractor.finish(&mut pcm)?;
        prop_assert!(pcm == call.pcm, "other audio: {} bytes for {}", pcm.len(), call.pcm.len());
    }

    #[test]
    fn arbitrary_bytes_are_an_error_or_nothing(bytes in vec(any::<u8>(), 0..2000), chunk in 1_usize..100) {
        if let Ok((pcm, _)) = extract_in_chunks(&Selection::contact(CONTACT), &bytes, &[chunk]) {
            prop_assert_eq!(pcm, []);
        }
    }

    #[test]
    fn damaged_media_never_panics_and_adds_no_more_than_the_bounds_allow(
        (stream, per_response, range) in calls(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..10),
    ) {
        let call = call(&stream, per_response, range);
        let mut media = call.responses.concat();
        if media.is_empty() {
            return Ok(());
        }
        for (at, byte) in damage {
            *at.get_mut(&mut media) = byte;
        }
        let result = extract_in_chunks(&call.selection, &media, &[4096]);
        if let Ok((pcm, summary)) = result {
            prop_assert_eq!(pcm.len(), summary.pcm_bytes as usize);
            prop_assert!(pcm.len() - summary.silence_bytes as usize <= media.len());
        }
    }
}

/// Where each element of a call's three fragments starts is known, so every cut can be judged.
#[test]
fn no_cut_loses_audio_without_a_word() {
    let pcm: Vec<Vec<u8>> = (0..3).map(|index| speech(index, 3 * 256)).collect();
    for (segment, cluster) in [
        (ElementSize::UnknownEightBytes, ElementSize::UnknownOneByte),
        (ElementSize::UnknownEightBytes, ElementSize::Known),
        (ElementSize::Known, ElementSize::Known),
    ] {
        let layout = Layout { segment, cluster, block_bytes: 256, ..Layout::default() };
        let documents: Vec<Vec<u8>> = (0..3)
            .map(|index| fragment(index, START_MS + index * 48, CONTACT, &pcm[index as usize], &layout))
            .collect();
        let media = documents.concat();
        let ends: Vec<usize> = (0..=3).map(|count| documents[..count].concat().len()).collect();
        for cut in 0..=media.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            match extract_in_chunks(&Selection::contact(CONTACT), &media[..cut], &[usize::MAX]) {
                Err(MediaError::Truncated { offset, .. }) => assert_eq!(offset, cut as u64),
                Err(other) => panic!("cut at {cut}: {other}"),
                Ok((found, summary)) => {
                    let complete = pcm[..whole].concat();
                    let all_audio = found.len() == complete.len() || found == pcm[..=whole].concat();
                    assert!(found.starts_with(&complete), "cut at {cut}");
                    assert!(
                        all_audio || summary.open_ended,
                        "cut at {cut}: part of a fragment, and no word of it"
                    );
                    assert!(
                        segment != ElementSize::Known || ends.contains(&cut),
                        "cut at {cut} was not seen"
                    );
                }
            }
        }
    }
}
