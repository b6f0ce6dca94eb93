//! Fragments of Info, Tracks and Tags without a Cluster. A call's last one can be so, as other readers of Connect's
//! streams have seen: it is silence of no length.

use crate::call::{CONTACT, OTHER_CONTACT, START_MS, fragment, number, second, spoken};
use crate::extract::extract;
use kvs_media::{Extractor, MediaError, Selection};
use kvs_writer::{ElementSize, FRAGMENT_MS, Layout, TagPlace};

/// The `index`th second of a call, without a Cluster.
fn clusterless(index: u64, contact: &str, layout: &Layout) -> Vec<u8> {
    let media = fragment(index, START_MS + index * FRAGMENT_MS, contact, &[], layout);
    let cluster = [0x1F, 0x43, 0xB6, 0x75];
    assert!(!media.windows(4).any(|bytes| bytes == cluster), "there is a Cluster");
    media
}

fn layouts() -> impl Iterator<Item = Layout> {
    let sizes = [ElementSize::UnknownEightBytes, ElementSize::UnknownOneByte, ElementSize::Known];
    let places = [TagPlace::Before, TagPlace::After, TagPlace::Both, TagPlace::Nowhere];
    sizes.into_iter().flat_map(move |segment| {
        places.map(|contact_tags| Layout { segment, contact_tags, ..Layout::default() })
    })
}

fn contact() -> Selection {
    Selection::contact(CONTACT)
}

fn range(first: u64, last: u64) -> Selection {
    contact().within(number(first).parse().unwrap(), number(last).parse().unwrap())
}

#[test]
fn the_last_fragment_is_silence_of_no_length() {
    for layout in layouts() {
        let media =
            [second(0, CONTACT), second(1, CONTACT), second(2, CONTACT), clusterless(3, CONTACT, &layout)];
        let speech = [spoken(0), spoken(1), spoken(2)].concat();
        for selection in [contact(), range(0, 3)] {
            let (pcm, summary) = extract(&selection, &media.concat()).unwrap();
            assert!(pcm == speech, "{layout:?}");
            assert_eq!(
                (summary.fragments, summary.gap_count, summary.silence_bytes),
                (4, 0, 0),
                "{layout:?}"
            );
            assert_eq!(summary.last.map(|last| last.to_string()), Some(number(3)));
            // Whether a Cluster was to follow only the transport knows, unless the Segment tells its size.
            assert_eq!(summary.open_ended, layout.segment != ElementSize::Known, "{layout:?}");
        }
    }
}

#[test]
fn one_in_the_middle_is_silence_of_its_length_like_any_that_is_missing() {
    for layout in layouts() {
        let media = [second(0, CONTACT), clusterless(1, CONTACT, &layout), second(2, CONTACT)].concat();
        let (pcm, summary) = extract(&range(0, 2), &media).unwrap();
        assert!(pcm == [spoken(0), vec![0; kvs_writer::FRAGMENT_BYTES], spoken(2)].concat(), "{layout:?}");
        assert_eq!((summary.fragments, summary.gap_count), (3, 1), "{layout:?}");
        assert!(!summary.open_ended);
    }
}

#[test]
fn one_that_is_all_there_is_holds_no_audio_and_is_no_error() {
    for layout in layouts() {
        let (pcm, summary) = extract(&range(0, 0), &clusterless(0, CONTACT, &layout)).unwrap();
        assert_eq!((pcm.len(), summary.fragments, summary.voiceless), (0, 1, 0), "{layout:?}");
    }
}

#[test]
fn several_at_the_end_and_another_contacts_are_read() {
    let layout = Layout::default();
    let several = [
        second(0, CONTACT),
        clusterless(1, CONTACT, &layout),
        clusterless(2, CONTACT, &layout),
        clusterless(3, OTHER_CONTACT, &layout),
    ];
    let (pcm, summary) = extract(&contact(), &several.concat()).unwrap();
    assert!(pcm == spoken(0));
    assert_eq!((summary.fragments, summary.foreign), (3, 1));
}

#[test]
fn responses_can_follow_one_that_ends_so() {
    let mut extractor = Extractor::new(range(0, 2));
    let mut pcm = Vec::new();
    for response in
        [[second(0, CONTACT), clusterless(1, CONTACT, &Layout::default())].concat(), second(2, CONTACT)]
    {
        extractor.push(&response, &mut pcm).unwrap();
        extractor.end_of_response(&mut pcm).unwrap();
    }
    let summary = extractor.finish(&mut pcm).unwrap();
    assert_eq!((summary.fragments, summary.gap_count, summary.open_ended), (3, 1, false));
}

#[test]
fn what_ends_before_its_number_is_cut_off() {
    let bare = Layout { contact_tags: TagPlace::Nowhere, service_tags: false, ..Layout::default() };
    let unnumbered = Layout { service_tags: false, ..Layout::default() };
    for layout in [bare, unnumbered] {
        let media = [second(0, CONTACT), clusterless(1, CONTACT, &layout)].concat();
        let error = extract(&contact(), &media).unwrap_err();
        let offset = media.len() as u64;
        assert_eq!(error, MediaError::Truncated { offset, element: "SimpleBlock" });
    }
}
