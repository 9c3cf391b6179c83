//! The compressed blocks of ROOT: a header of nine bytes, then one stream of a codec.
//!
//! Header: two letters for the codec, one byte for its method, compressed length and length after decompression
//! of three bytes each, lowest byte first. A block holds at most 16 MiB, so that long objects are sequences of
//! blocks. Format: ROOT, `core/zip/src/RZip.cxx` and `core/lz4/src/ZipLZ4.cxx`.

use crate::cursor::Broken;
use std::cell::RefCell;

const HEADER_BYTES: usize = 9;
/// LZ4 blocks start with the 64-bit xxHash of what follows.
const LZ4_CHECKSUM_BYTES: usize = 8;
/// Memory that an LZMA stream may ask for; the largest preset needs 65 MiB.
const LZMA_MEMORY_BYTES: u64 = 256 << 20;

/// The decompressors of one thread, made at first use and used again.
#[derive(Default)]
struct Decompressors {
    deflate: Option<libdeflater::Decompressor>,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

thread_local! {
    static DECOMPRESSORS: RefCell<Decompressors> = RefCell::default();
}

/// Decompresses all blocks of `compressed` into `output`, whose length is what the file says the result has.
///
/// # Errors
/// [`Broken`] with the offset in `compressed` when a block is damaged or the lengths do not agree.
pub(crate) fn decompress(compressed: &[u8], output: &mut [u8]) -> Result<(), Broken> {
    let (mut from, mut to) = (0, 0);
    while to < output.len() {
        let block = Block::parse(compressed, from)?;
        let n_output = output.len();
        let Some(target) = output.get_mut(to..to + block.n_decompressed) else {
            let reason = format!("blocks of more than the {n_output} bytes that they should have");
            return Err(Broken::new(from, reason));
        };
        let done = DECOMPRESSORS.with_borrow_mut(|decompressors| block.decompress(decompressors, target));
        done.map_err(|reason| Broken::new(from, reason))?;
        from += HEADER_BYTES + block.stream.len();
        to += block.n_decompressed;
    }
    Ok(())
}

/// Whether the blocks of `compressed` can make `n_decompressed` bytes at all, so that nothing is allocated for a
/// length that is a lie.
pub(crate) fn lengths_agree(compressed: &[u8], n_decompressed: usize) -> Result<(), Broken> {
    let (mut from, mut total) = (0, 0_usize);
    while total < n_decompressed {
        let block = Block::parse(compressed, from)?;
        if block.n_decompressed == 0 {
            return Err(Broken::new(from, "an empty block"));
        }
        from += HEADER_BYTES + block.stream.len();
        total += block.n_decompressed;
    }
    if total == n_decompressed {
        return Ok(());
    }
    Err(Broken::new(from, format!("blocks of {total} bytes where {n_decompressed} should be")))
}

/// The words for a compression setting of ROOT: 100 x algorithm + level.
pub(crate) fn codec_name(setting: i32) -> String {
    let (algorithm, level) = (setting / 100, setting % 100);
    if level <= 0 {
        return "none".to_string();
    }
    let name = match algorithm {
        // 0 is "the default of the day", which was zlib as long as settings below 100 were written.
        0 | 1 => "zlib",
        2 => "lzma",
        3 => "old zlib",
        4 => "lz4",
        5 => "zstd",
        _ => return format!("unknown codec {algorithm}"),
    };
    format!("{name} {level}")
}

struct Block<'a> {
    codec: [u8; 2],
    stream: &'a [u8],
    n_decompressed: usize,
}

impl<'a> Block<'a> {
    fn parse(compressed: &'a [u8], from: usize) -> Result<Self, Broken> {
        let rest = compressed.get(from..).unwrap_or_default();
        let Some((header, body)) = rest.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Broken::new(from, format!("a block header expected, {} bytes left", rest.len())));
        };
        let [codec_0, codec_1, _method, c0, c1, c2, d0, d1, d2] = *header;
        let length = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) as usize;
        let n_compressed = length(c0, c1, c2);
        let Some(stream) = body.get(..n_compressed) else {
            let reason = format!("a block of {n_compressed} bytes, {} left", body.len());
            return Err(Broken::new(from, reason));
        };
        Ok(Self { codec: [codec_0, codec_1], stream, n_decompressed: length(d0, d1, d2) })
    }

    fn decompress(&self, decompressors: &mut Decompressors, target: &mut [u8]) -> Result<(), String> {
        let n_written = match &self.codec {
            b"ZL" => decompressors
                .deflate()
                .zlib_decompress(self.stream, target)
                .map_err(|cause| format!("zlib: {cause}"))?,
            // The codec of ROOT before 2002: the same stream without zlib's frame.
            b"CS" => decompressors
                .deflate()
                .deflate_decompress(self.stream, target)
                .map_err(|cause| format!("old zlib: {cause}"))?,
            b"ZS" => decompressors
                .zstd()?
                .decompress_to_buffer(self.stream, target)
                .map_err(|cause| format!("zstd: {cause}"))?,
            b"L4" => decompress_lz4(self.stream, target)?,
            b"XZ" => decompress_lzma(self.stream, target)?,
            other => return Err(format!("unknown codec {:?}", String::from_utf8_lossy(other))),
        };
        if n_written == target.len() {
            return Ok(());
        }
        Err(format!("a block gave {n_written} bytes where {} should be", target.len()))
    }
}

impl Decompressors {
    fn deflate(&mut self) -> &mut libdeflater::Decompressor {
        self.deflate.get_or_insert_with(libdeflater::Decompressor::new)
    }

    fn zstd(&mut self) -> Result<&mut zstd::bulk::Decompressor<'static>, String> {
        if self.zstd.is_none() {
            let made = zstd::bulk::Decompressor::new().map_err(|cause| format!("zstd: {cause}"))?;
            self.zstd = Some(made);
        }
        self.zstd.as_mut().ok_or_else(|| "zstd: no decompressor".to_string())
    }
}

fn decompress_lz4(stream: &[u8], target: &mut [u8]) -> Result<usize, String> {
    let Some((checksum, body)) = stream.split_first_chunk::<LZ4_CHECKSUM_BYTES>() else {
        return Err("lz4: a block shorter than its checksum".to_string());
    };
    if xxhash_rust::xxh64::xxh64(body, 0) != u64::from_be_bytes(*checksum) {
        return Err("lz4: the checksum is wrong".to_string());
    }
    let length = i32::try_from(target.len()).map_err(|_| "lz4: a block of over 2 GiB".to_string())?;
    lz4::block::decompress_to_buffer(body, Some(length), target).map_err(|cause| format!("lz4: {cause}"))
}

fn decompress_lzma(stream: &[u8], target: &mut [u8]) -> Result<usize, String> {
    let refuse = |cause: xz2::stream::Error| format!("lzma: {cause}");
    let mut decoder = xz2::stream::Stream::new_stream_decoder(LZMA_MEMORY_BYTES, 0).map_err(refuse)?;
    loop {
        let (n_in, n_out) = (decoder.total_in(), decoder.total_out());
        let (rest, free) = (&stream[n_in as usize..], &mut target[n_out as usize..]);
        let status = decoder.process(rest, free, xz2::stream::Action::Finish).map_err(refuse)?;
        if status == xz2::stream::Status::StreamEnd {
            return Ok(decoder.total_out() as usize);
        }
        if (decoder.total_in(), decoder.total_out()) == (n_in, n_out) {
            return Err("lzma: the stream does not end".to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(codec: [u8; 2], stream: &[u8], n_decompressed: usize) -> Vec<u8> {
        let mut bytes = codec.to_vec();
        bytes.push(8);
        bytes.extend_from_slice(&(stream.len() as u32).to_le_bytes()[..3]);
        bytes.extend_from_slice(&(n_decompressed as u32).to_le_bytes()[..3]);
        bytes.extend_from_slice(stream);
        bytes
    }

    fn text() -> Vec<u8> {
        (0..5000_u32).map(|i| (i * i / 97) as u8).collect()
    }

    fn check(compressed: &[u8], expected: &[u8]) {
        let mut output = vec![0; expected.len()];
        lengths_agree(compressed, expected.len()).unwrap();
        decompress(compressed, &mut output).unwrap();
        assert!(output == expected);
    }

    fn deflated(raw: bool) -> Vec<u8> {
        let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
        let mut stream = vec![0; 10_000];
        let length = if raw {
            compressor.deflate_compress(&text(), &mut stream).unwrap()
        } else {
            compressor.zlib_compress(&text(), &mut stream).unwrap()
        };
        stream.truncate(length);
        stream
    }

    #[test]
    fn every_codec() {
        check(&block(*b"ZL", &deflated(false), 5000), &text());
        check(&block(*b"CS", &deflated(true), 5000), &text());
        check(&block(*b"ZS", &zstd::bulk::compress(&text(), 3).unwrap(), 5000), &text());
        let body = lz4::block::compress(&text(), None, false).unwrap();
        let mut stream = xxhash_rust::xxh64::xxh64(&body, 0).to_be_bytes().to_vec();
        stream.extend(body);
        check(&block(*b"L4", &stream, 5000), &text());
        let mut stream = Vec::with_capacity(10_000);
        let mut encoder = xz2::stream::Stream::new_easy_encoder(6, xz2::stream::Check::Crc32).unwrap();
        encoder.process_vec(&text(), &mut stream, xz2::stream::Action::Finish).unwrap();
        check(&block(*b"XZ", &stream, 5000), &text());
    }

    #[test]
    fn several_blocks() {
        let mut blocks = block(*b"ZL", &deflated(false), 5000);
        blocks.extend(block(*b"CS", &deflated(true), 5000));
        check(&blocks, &[text(), text()].concat());
    }

    #[test]
    fn damaged_blocks_are_refused() {
        let good = block(*b"ZL", &deflated(false), 5000);
        let mut output = vec![0; 5000];
        let mut refused = |bytes: &[u8], reason: &str| {
            let broken = decompress(bytes, &mut output).unwrap_err();
            assert!(broken.reason.contains(reason), "{broken:?}");
        };
        refused(&good[..good.len() - 1], "left");
        refused(&good[..5], "header");
        refused(&block(*b"??", &deflated(false), 5000), "unknown codec");
        refused(&block(*b"ZL", &deflated(false), 6000), "more than");
        refused(&block(*b"ZL", &deflated(false), 4000), "zlib");
        refused(&block(*b"L4", &[0; 30], 5000), "checksum");
        refused(&block(*b"XZ", &[0; 30], 5000), "lzma");
        assert!(lengths_agree(&good, 4999).is_err());
        assert!(lengths_agree(&block(*b"ZL", &[], 0), 10).is_err());
    }

    #[test]
    fn settings_have_names() {
        for (setting, name) in
            [(0, "none"), (1, "zlib 1"), (101, "zlib 1"), (207, "lzma 7"), (404, "lz4 4"), (505, "zstd 5")]
        {
            assert_eq!(codec_name(setting), name);
        }
    }
}
