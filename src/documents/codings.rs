//! Content codings: a document is read as it was before it was compressed.

use std::io;

use compression_codecs::{
    BrotliDecoder, DecodeV2, DeflateDecoder, GzipDecoder, ZlibDecoder,
    core::util::{PartialBuffer, WriteBuffer},
};

use http::{HeaderMap, header::CONTENT_ENCODING};

use super::{
    step::{STEP, Step},
    stopped::Stopped,
    zstd::Zstd,
};

/// More codings in a row than anyone applies.
const MAX_CODINGS: usize = 4;

/// Returns the decoders for the `Content-Encoding` of a response; `None` if one of the codings is
/// not known.
pub(crate) fn decoders(headers: &HeaderMap) -> Option<Decoders> {
    let mut chain = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.to_str().ok()?.split(',').map(str::trim) {
            let decoder: Box<dyn Step> = match &*name.to_ascii_lowercase() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Box::new(Gzip(Codec::new(GzipDecoder::new()))),
                "deflate" => Box::new(Deflate::Unknown),
                "br" => Box::new(Codec::new(BrotliDecoder::new())),
                "zstd" => Box::new(Zstd::new()),
                _ => return None,
            };
            chain.push(Stage {
                decoder,
                input: Vec::new(),
                at: 0,
            });
        }
    }
    // They are listed in the order in which they were applied (RFC 9110, section 8.4).
    chain.reverse();
    (chain.len() <= MAX_CODINGS).then_some(Decoders(chain))
}

struct Stage {
    decoder: Box<dyn Step>,
    input: Vec<u8>,
    at: usize,
}

/// The decoders of a document, outermost first. Without any, bytes pass as they are.
pub(crate) struct Decoders(Vec<Stage>);

impl std::fmt::Debug for Decoders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Decoders").field(&self.0.len()).finish()
    }
}

impl Decoders {
    pub(crate) fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what came from the network.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(stage) = self.0.first_mut() {
            stage.input.extend_from_slice(bytes);
        }
    }

    /// Returns the next piece of the document; `None` if more has to come from the network.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Stopped> {
        // The last one that has something to work on; its output goes to the one behind it.
        let mut at = self.0.len();
        while at > 0 {
            at -= 1;
            let stage = &mut self.0[at];
            let mut out = Vec::with_capacity(STEP);
            let read = stage
                .decoder
                .step(&stage.input[stage.at..], &mut out)
                .map_err(|_| Stopped::Coding)?;
            stage.at += read;
            if stage.at == stage.input.len() || stage.at > STEP {
                stage.input.drain(..stage.at);
                stage.at = 0;
            }
            if out.is_empty() && read == 0 {
                continue;
            }
            match self.0.get_mut(at + 1) {
                None if out.is_empty() => {}
                None => return Ok(Some(out)),
                Some(next) => next.input.append(&mut out),
            }
            at = self.0.len();
        }
        Ok(None)
    }

    /// Ends the document: fails if a stream is not complete.
    pub(crate) fn end(&self) -> Result<(), Stopped> {
        let complete = self.0.iter().all(|stage| stage.decoder.is_complete());
        complete.then_some(()).ok_or(Stopped::Coding)
    }
}

/// A decoder of the library. What follows the end of its stream is dropped.
struct Codec<D> {
    decoder: D,
    begun: bool,
    ended: bool,
    /// Did the last step fill its room, so that more may come out without more input?
    full: bool,
}

impl<D> Codec<D> {
    fn new(decoder: D) -> Self {
        Self {
            decoder,
            begun: false,
            ended: false,
            full: false,
        }
    }
}

impl<D: DecodeV2 + Send> Step for Codec<D> {
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        if self.ended || input.is_empty() && !self.full {
            return Ok(input.len());
        }
        self.begun = true;
        let mut room = vec![0; STEP];
        let mut output = WriteBuffer::new_initialized(&mut room);
        let mut partial = PartialBuffer::new(input);
        match self.decoder.decode(&mut partial, &mut output) {
            Ok(ended) => self.ended = ended,
            // There was nothing left, which the library takes for an error.
            Err(_) if input.is_empty() => {}
            Err(error) => return Err(error),
        }
        self.full = output.has_no_spare_space();
        out.extend_from_slice(output.written());
        Ok(partial.written_len())
    }

    fn is_complete(&self) -> bool {
        self.ended || !self.begun
    }
}

/// Gzip, of one or several members.
struct Gzip(Codec<GzipDecoder>);

impl Step for Gzip {
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        if self.0.ended && input.first() == Some(&0x1f) {
            self.0 = Codec::new(GzipDecoder::new());
        }
        self.0.step(input, out)
    }

    fn is_complete(&self) -> bool {
        self.0.is_complete()
    }
}

/// `deflate` is zlib (RFC 9110, section 8.4.1.2), but some servers send it without its header, and
/// browsers accept that.
enum Deflate {
    Unknown,
    Zlib(Codec<ZlibDecoder>),
    Raw(Codec<DeflateDecoder>),
}

impl Step for Deflate {
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        if matches!(self, Self::Unknown) {
            let [first, second, ..] = *input else {
                return Ok(0);
            };
            let is_zlib =
                first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
            *self = if is_zlib {
                Self::Zlib(Codec::new(ZlibDecoder::new()))
            } else {
                Self::Raw(Codec::new(DeflateDecoder::new()))
            };
        }
        match self {
            Self::Unknown => Ok(0),
            Self::Zlib(codec) => codec.step(input, out),
            Self::Raw(codec) => codec.step(input, out),
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Zlib(codec) => codec.is_complete(),
            Self::Raw(codec) => codec.is_complete(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use compression_codecs::{
        BrotliEncoder, DeflateEncoder, EncodeV2, GzipEncoder, ZlibEncoder,
        brotli::params::EncoderParams,
        core::{
            Level,
            util::{PartialBuffer, WriteBuffer},
        },
        flate::params::FlateEncoderParams,
    };

    use http::{HeaderValue, header::CONTENT_ENCODING};

    use super::super::stopped::Stopped;

    fn compressed(mut encoder: impl EncodeV2, bytes: &[u8]) -> Vec<u8> {
        let mut room = vec![0; bytes.len() + 1000];
        let mut output = WriteBuffer::new_initialized(&mut room);
        encoder
            .encode(&mut PartialBuffer::new(bytes), &mut output)
            .expect("room");
        assert!(encoder.finish(&mut output).expect("room"));
        output.written().to_vec()
    }

    fn level() -> FlateEncoderParams {
        Level::Fastest.into()
    }

    /// The start of a stream that goes on: all of these bytes can be read of it.
    pub(crate) fn begun(coding: &str, bytes: &[u8]) -> Vec<u8> {
        fn begun(mut encoder: impl EncodeV2, bytes: &[u8]) -> Vec<u8> {
            let mut room = vec![0; bytes.len() + 1000];
            let mut output = WriteBuffer::new_initialized(&mut room);
            encoder
                .encode(&mut PartialBuffer::new(bytes), &mut output)
                .expect("room");
            assert!(encoder.flush(&mut output).expect("room"));
            output.written().to_vec()
        }
        match coding {
            "gzip" => begun(GzipEncoder::new(level()), bytes),
            "deflate" => begun(ZlibEncoder::new(level()), bytes),
            "br" => begun(BrotliEncoder::new(EncoderParams::default()), bytes),
            _ => bytes.to_vec(),
        }
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        compressed(GzipEncoder::new(level()), bytes)
    }

    pub(crate) fn of(coding: &[u8]) -> Option<super::Decoders> {
        let value = HeaderValue::from_bytes(coding).expect("a value");
        super::decoders(&[(CONTENT_ENCODING, value)].into_iter().collect())
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        compressed(BrotliEncoder::new(EncoderParams::default()), bytes)
    }

    /// Decodes in pieces of this size.
    fn decoded(coding: &str, bytes: &[u8], size: usize) -> Result<Vec<u8>, Stopped> {
        let mut decoders = of(coding.as_bytes()).expect("known");
        let mut out = Vec::new();
        for piece in bytes.chunks(size) {
            decoders.write(piece);
            while let Some(mut piece) = decoders.next()? {
                assert!(piece.len() <= super::STEP);
                out.append(&mut piece);
            }
        }
        decoders.end()?;
        Ok(out)
    }

    /// A page of several blocks, as `tests/data/documents/page.zst` has it.
    fn page() -> Vec<u8> {
        let line = |i: u32| {
            let number = i * 7919 % 10_007;
            format!(
                "<p id={i}>A line of a page that is long enough for several blocks: {number}</p>\n"
            )
        };
        (0..4000).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn documents_are_read_in_each_coding() {
        let page = page();
        for (coding, bytes) in [
            ("gzip", gzip(&page)),
            (
                "X-GZIP",
                [gzip(&page[..1000]), gzip(&page[1000..])].concat(),
            ),
            ("br", brotli(&page)),
            ("deflate", compressed(ZlibEncoder::new(level()), &page)),
            ("deflate", compressed(DeflateEncoder::new(level()), &page)),
            (
                "zstd",
                include_bytes!("../../tests/data/documents/page.zst").to_vec(),
            ),
            ("gzip, identity , br", brotli(&gzip(&page))),
        ] {
            for size in [1, 1000, usize::MAX] {
                assert!(
                    decoded(coding, &bytes, size) == Ok(page.clone()),
                    "{coding} in {size}"
                );
            }
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(
                decoded(coding, cut, 1000),
                Err(Stopped::Coding),
                "{coding}, cut off"
            );
            assert_eq!(
                decoded(coding, b"<p>", 1000),
                Err(Stopped::Coding),
                "{coding}, a lie"
            );
        }
    }

    #[test]
    fn empty_bodies_are_complete() {
        for coding in ["gzip", "br", "deflate", "zstd", ""] {
            let result = decoded(coding, b"", 1);
            assert_eq!(result, Ok(Vec::new()), "{coding}");
        }
    }

    #[test]
    fn unknown_codings_are_not_guessed() {
        for coding in [
            "compress",
            "gzip, x",
            "aws-chunked",
            "br br",
            "br,br,br,br,br",
        ] {
            assert!(of(coding.as_bytes()).is_none(), "{coding}");
        }
        assert!(of(b"gz\xffip").is_none());
        assert!(of(b"identity,").expect("known").is_identity());
    }

    #[test]
    fn bombs_unpack_piece_by_piece() {
        let zeros = vec![b' '; 64 * 1024 * 1024];
        for (coding, bytes) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros))] {
            let mut decoders = of(coding.as_bytes()).expect("known");
            decoders.write(&bytes);
            let mut total = 0;
            while let Some(piece) = decoders.next().expect("valid") {
                assert!(piece.capacity() <= 2 * super::STEP);
                total += piece.len();
            }
            assert_eq!(total, zeros.len());
        }
    }
}
