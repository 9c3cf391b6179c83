//! Sizes and times as people read them.

/// An RFC 3339 time of the service to the second: what follows says nothing to people, and has as many digits as it needs.
#[must_use]
pub fn seconds_text(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, rest)) => {
            format!("{seconds}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => time.to_owned(),
    }
}

/// Bytes in units of 1024, as limits are set in: `1.23 GiB`, `999 B`.
#[must_use]
pub fn bytes_text(n: u64) -> String {
    let mut value = n as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        // 1023.5 would be written as 1024.
        if value < 1023.5 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    match value {
        _ if unit == "B" => format!("{n} B"),
        v if v < 9.995 => format!("{v:.2} {unit}"),
        v if v < 99.95 => format!("{v:.1} {unit}"),
        v => format!("{v:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_few_digits() {
        for (n, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (10_234, "9.99 KiB"),
            (10_235, "10.0 KiB"),
            (1_048_063, "1023 KiB"),
            (1_048_064, "1.00 MiB"),
            (10 << 30, "10.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes_text(n), text);
        }
    }

    #[test]
    fn times_end_with_their_seconds() {
        assert_eq!(seconds_text("2026-11-28T04:11:18.161Z"), "2026-11-28T04:11:18Z");
        assert_eq!(seconds_text("2026-11-28T04:11:18.161+02:00"), "2026-11-28T04:11:18+02:00");
        assert_eq!(seconds_text("2026-11-28T04:11:18Z"), "2026-11-28T04:11:18Z");
    }
}
