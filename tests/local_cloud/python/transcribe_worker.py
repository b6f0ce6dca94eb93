"""Recognizes English speech for the local cloud's Transcribe, by PocketSphinx and the model in its package.

A request on standard input is a line of JSON, {"bytes": N}, and N bytes of speech: signed 16-bit little-endian PCM,
16 kHz, mono. The answer on standard output is a line of JSON: {"words": [{"content", "confidence", "start", "end"}]},
times in seconds, or {"error": text}. Ends with its standard input.
"""

import io
import json
import sys

from pocketsphinx import Decoder, Segmenter

RATE = 16000
BYTES_PER_SECOND = 2 * RATE
# The detector cuts words at their edges short; the recognizer does better with some silence around them.
MARGIN_SECONDS = 0.5
# Long pauses split the speech, so that no search runs over minutes. Nobody speaks longer without one than this.
LONGEST_SPEECH_SECONDS = 60.0


def speech(pcm: bytes) -> list[tuple[float, float]]:
    """Where somebody speaks: non-overlapping spans in seconds."""
    # Only silence ends a span, so there must be some at the end.
    stream = io.BytesIO(pcm + bytes(BYTES_PER_SECOND))
    length = len(pcm) / BYTES_PER_SECOND
    spans: list[tuple[float, float]] = []
    for segment in Segmenter(sample_rate=RATE).segment(stream):
        start = max(0.0, segment.start_time - MARGIN_SECONDS)
        end = min(length, segment.end_time + MARGIN_SECONDS)
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= LONGEST_SPEECH_SECONDS:
            spans[-1] = (spans[-1][0], end)
        elif end > start:
            spans.append((max(start, spans[-1][1]) if spans else start, end))
    return spans


def recognize(decoder: Decoder, pcm: bytes) -> list[dict]:
    """The words of a recording."""
    words = []
    log_math = decoder.get_logmath()
    for start, end in speech(pcm):
        first = int(start * RATE) * 2
        # Full utterances let the decoder normalize over all of the speech, which makes the result repeatable.
        decoder.start_utt()
        decoder.process_raw(pcm[first : int(end * RATE) * 2], full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            continue
        for token in decoder.seg():
            if token.word[0] in "<[+":  # silence and noises
                continue
            words.append({
                "content": token.word.split("(")[0],  # without the number of the pronunciation
                "confidence": min(1.0, max(0.0, log_math.exp(token.prob))),
                "start": start + token.start_frame / 100,
                "end": start + (token.end_frame + 1) / 100,
            })
    return words


def main() -> None:
    decoder = Decoder(loglevel="FATAL")
    while line := sys.stdin.buffer.readline():
        pcm = sys.stdin.buffer.read(json.loads(line)["bytes"])
        try:
            answer = {"words": recognize(decoder, pcm)}
        except Exception as error:  # one recording must not end the recognizer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
