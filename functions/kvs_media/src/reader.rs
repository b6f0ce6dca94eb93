//! Parses bytes into fragments.

use crate::document::{Document, Fragment};
use crate::element::{self, Header, MAX_HEADER_BYTES, Role};
use crate::error::MediaError;
use crate::selection::Selection;

/// Longer numbers and texts are skipped, in bytes.
const MAX_VALUE_BYTES: u64 = 4096;

/// Reads a response's documents one by one, keeping at most one fragment's audio and one value.
#[derive(Debug)]
pub(crate) struct Reader {
    selection: Selection,
    state: State,
    /// Bytes of the response so far.
    offset: u64,
    /// The open elements, the outermost first. Never more than four: see [`element::role`].
    open: Vec<Open>,
    /// The fragment being read.
    document: Option<Document>,
    /// The fragment that was just completed.
    whole: Option<Fragment>,
    /// Whether an EBML header was read; its Segment must follow.
    awaits_segment: bool,
    /// A header split between chunks.
    cut: Vec<u8>,
    /// The start of a value split between chunks.
    value: Vec<u8>,
}

/// An element whose children are being read.
#[derive(Debug)]
struct Open {
    id: u32,
    /// The offset of its end; `None` if its size is unknown.
    end: Option<u64>,
}

/// What the next bytes contain.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The header of an element.
    Header,
    /// The payload of the element `id`, a number or a text.
    Value { id: u32, rest: u64 },
    /// The start of a block's payload of `size` bytes.
    BlockHeader { id: u32, size: u64 },
    /// Wanted audio.
    Audio { id: u32, rest: u64 },
    /// A skipped payload.
    Skip { id: u32, rest: u64 },
}

impl Reader {
    pub(crate) fn new(selection: Selection) -> Self {
        Self {
            selection,
            state: State::Header,
            offset: 0,
            open: Vec::new(),
            document: None,
            whole: None,
            awaits_segment: false,
            cut: Vec::with_capacity(MAX_HEADER_BYTES),
            value: Vec::new(),
        }
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How many bytes of the response were read.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Drops the document being read: the next byte is the first of a response.
    pub(crate) fn restart(&mut self) {
        self.state = State::Header;
        self.offset = 0;
        self.open.clear();
        self.document = None;
        self.whole = None;
        self.awaits_segment = false;
        self.cut.clear();
        self.value.clear();
    }

    /// Reads from `input`, until a fragment is complete or the input is used up.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Fragment>, MediaError> {
        loop {
            let more = match self.state {
                State::Header => self.read_header(input)?,
                State::Value { id, rest } => self.read_value(id, rest, input)?,
                State::BlockHeader { id, size } => self.read_block_header(id, size, input)?,
                State::Audio { id, rest } => self.read_audio(id, rest, input),
                State::Skip { id, rest } => {
                    let rest = rest - self.take(input, rest).len() as u64;
                    self.go_on(rest, State::Skip { id, rest })
                }
            };
            if self.whole.is_some() {
                return Ok(self.whole.take());
            }
            if !more {
                return Ok(None);
            }
        }
    }

    /// Reads the header of an element. As in the functions below, the result shows whether the input may have more to
    /// read.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, MediaError> {
        if self.cut.is_empty() {
            self.close_ended()?;
            if self.whole.is_some() {
                return Ok(true);
            }
        }
        let start = self.offset - self.cut.len() as u64;
        let malformed = |reason| malformed(start, "an element's header", reason);
        match self.take_header(input, element::header).map_err(malformed)? {
            Some(header) => self.start(header, start).map(|()| true),
            None => Ok(false),
        }
    }

    fn read_value(&mut self, id: u32, rest: u64, input: &mut &[u8]) -> Result<bool, MediaError> {
        let piece = self.take(input, rest);
        let rest = rest - piece.len() as u64;
        if rest > 0 || !self.value.is_empty() {
            self.value.extend_from_slice(piece);
        }
        if rest == 0 && self.value.is_empty() {
            self.set_value(id, Some(piece))?;
        } else if rest == 0 {
            let value = std::mem::take(&mut self.value);
            self.set_value(id, Some(&value))?;
        }
        Ok(self.go_on(rest, State::Value { id, rest }))
    }

    fn read_block_header(&mut self, id: u32, size: u64, input: &mut &[u8]) -> Result<bool, MediaError> {
        let start = self.offset - self.cut.len() as u64;
        let malformed = |reason| malformed(start, element::name(id), reason);
        let Some(block) = self.take_header(input, element::block_header).map_err(malformed)? else {
            return Ok(false);
        };
        let rest =
            size.checked_sub(self.offset - start).ok_or_else(|| malformed("it is too short for a block"))?;
        let wanted = match &mut self.document {
            Some(document) => document.block(block, rest, start, &self.selection)?,
            None => false,
        };
        self.state = if wanted { State::Audio { id, rest } } else { State::Skip { id, rest } };
        Ok(true)
    }

    fn read_audio(&mut self, id: u32, rest: u64, input: &mut &[u8]) -> bool {
        let piece = self.take(input, rest);
        if let Some(document) = &mut self.document {
            document.audio(piece);
        }
        let rest = rest - piece.len() as u64;
        self.go_on(rest, State::Audio { id, rest })
    }

    /// Continues with the next element if this one is complete, otherwise waits for more input.
    fn go_on(&mut self, rest: u64, unfinished: State) -> bool {
        self.state = if rest == 0 { State::Header } else { unfinished };
        rest == 0
    }

    /// Ends the response: returns the last fragment, if complete, and whether only the response's end shows that.
    pub(crate) fn end(&mut self) -> Result<(Option<Fragment>, bool), MediaError> {
        let offset = self.offset;
        let truncated = |element| Err(MediaError::Truncated { offset, element });
        if let Some(document) = self.document.take_if(|document| document.is_fault()) {
            return document.finish().map(|fragment| (Some(fragment), false));
        }
        match self.state {
            State::Value { id, .. }
            | State::BlockHeader { id, .. }
            | State::Audio { id, .. }
            | State::Skip { id, .. } => return truncated(element::name(id)),
            State::Header if !self.cut.is_empty() => return truncated("an element's header"),
            State::Header => {}
        }
        if self.awaits_segment {
            return truncated("Segment");
        }
        if let Some(open) = self.open.iter().rfind(|open| open.end.is_some_and(|end| end > self.offset)) {
            return truncated(element::name(open.id));
        }
        self.close_ended()?;
        if let Some(whole) = self.whole.take() {
            self.restart();
            return Ok((Some(whole), false));
        }
        if let Some(missing) = self.document.as_ref().and_then(Document::missing) {
            return truncated(missing);
        }
        let in_cluster =
            self.open.last().is_some_and(|open| open.id == element::CLUSTER && open.end.is_none());
        let open_ended = in_cluster || self.document.as_ref().is_some_and(Document::may_lack_its_cluster);
        let fragment = self.document.take().map(Document::finish).transpose()?;
        self.restart();
        Ok((fragment, open_ended))
    }

    /// Closes the elements of known size that end here, and those of unknown size within them.
    fn close_ended(&mut self) -> Result<(), MediaError> {
        while self.open.iter().any(|open| open.end == Some(self.offset))
            && let Some(open) = self.open.pop()
        {
            self.close(open.id)?;
        }
        Ok(())
    }

    fn close(&mut self, id: u32) -> Result<(), MediaError> {
        if id == element::SEGMENT {
            self.whole = self.document.take().map(Document::finish).transpose()?;
        } else if let Some(document) = &mut self.document {
            document.close(id, &self.selection);
        }
        Ok(())
    }

    /// Starts the element whose header was read, and closes those of unknown size that it ends.
    fn start(&mut self, Header { id, size }: Header, start: u64) -> Result<(), MediaError> {
        while let Some(open) = self.open.pop_if(|open| open.end.is_none() && element::ends_at(open.id, id)) {
            self.close(open.id)?;
        }
        let malformed = |reason| malformed(start, element::name(id), reason);
        let role = element::role(self.open.last().map(|open| open.id), id);
        if role == Role::Misplaced || (self.awaits_segment && id == element::EBML) {
            return Err(malformed("it is not allowed here"));
        }
        let end = match size {
            Some(size) => Some(self.offset.checked_add(size).ok_or(malformed("its size is invalid"))?),
            None if element::may_be_unsized(id) && role == Role::Master => None,
            None => return Err(malformed("its size must be known")),
        };
        let parent_end = self.open.iter().rev().find_map(|open| open.end);
        if let (Some(end), Some(parent_end)) = (end, parent_end)
            && end > parent_end
        {
            return Err(malformed("it is longer than its parent element"));
        }
        self.awaits_segment = id == element::EBML || (self.awaits_segment && id != element::SEGMENT);
        let rest = size.unwrap_or_default();
        self.state = match role {
            Role::Master => {
                if id == element::SEGMENT {
                    self.document = Some(Document::new());
                } else if let Some(document) = &mut self.document {
                    document.open(id);
                }
                self.open.push(Open { id, end });
                State::Header
            }
            Role::Value if rest <= MAX_VALUE_BYTES => State::Value { id, rest },
            Role::Value => {
                self.set_value(id, None)?;
                State::Skip { id, rest }
            }
            Role::Block => State::BlockHeader { id, size: rest },
            Role::Skip | Role::Misplaced => State::Skip { id, rest },
        };
        Ok(())
    }

    fn set_value(&mut self, id: u32, value: Option<&[u8]>) -> Result<(), MediaError> {
        let offset = self.offset - value.map_or(0, <[u8]>::len) as u64;
        let malformed = |reason| malformed(offset, element::name(id), reason);
        self.document.as_mut().map_or(Ok(()), |document| document.value(id, value)).map_err(malformed)
    }

    /// Takes up to `limit` bytes.
    fn take<'a>(&mut self, input: &mut &'a [u8], limit: u64) -> &'a [u8] {
        let length = usize::try_from(limit).map_or(input.len(), |limit| limit.min(input.len()));
        let (taken, rest) = input.split_at(length);
        *input = rest;
        self.offset += length as u64;
        taken
    }

    /// Takes what `parse` reads; `None` if the input ends before that.
    fn take_header<T>(
        &mut self,
        input: &mut &[u8],
        parse: impl Fn(&[u8]) -> Result<Option<(T, usize)>, &'static str>,
    ) -> Result<Option<T>, &'static str> {
        if self.cut.is_empty()
            && let Some((header, length)) = parse(input)?
        {
            self.take(input, length as u64);
            return Ok(Some(header));
        }
        // Rare: the header continues in the next chunk. Read byte by byte, so as not to consume what follows it.
        while let [byte] = *self.take(input, 1) {
            self.cut.push(byte);
            if let Some((header, _)) = parse(&self.cut)? {
                self.cut.clear();
                return Ok(Some(header));
            }
        }
        Ok(None)
    }
}

fn malformed(offset: u64, element: &'static str, reason: &'static str) -> MediaError {
    MediaError::Malformed { offset, element, reason }
}
