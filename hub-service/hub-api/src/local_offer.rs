//! The offer to fetch an open file through a socket of this machine.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bytes of a ticket: 256 bits in the letters of base64url without padding.
pub const LOCAL_TICKET_BYTES: usize = 43;

/// Where an open file can be fetched once, within ten seconds. A program asks for it with the header [`WANT_LOCAL_FILE`], and finds
/// it in the header [`LOCAL_FILE`] of the answer: `/path/of/the.sock;TICKET`. It connects to the socket, sends the ticket, and gets
/// one byte with the descriptor of the file (`SCM_RIGHTS`, unix(7)).
///
/// [`WANT_LOCAL_FILE`]: crate::routes::WANT_LOCAL_FILE
/// [`LOCAL_FILE`]: crate::routes::LOCAL_FILE
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalOffer {
    /// Absolute path of the socket.
    pub socket: PathBuf,
    /// [`LOCAL_TICKET_BYTES`] letters.
    pub ticket: String,
}

impl LocalOffer {
    /// The value of the header.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        [self.socket.as_os_str().as_bytes(), b";", self.ticket.as_bytes()].concat()
    }

    /// The offer of a header; `None` for anything else.
    #[must_use]
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (path, ticket) = header.split_at_checked(header.len().checked_sub(LOCAL_TICKET_BYTES)?)?;
        let path = path.strip_suffix(b";").filter(|path| path.starts_with(b"/") && !path.contains(&0))?;
        let is_ticket = ticket.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let ticket = str::from_utf8(ticket).ok().filter(|_| is_ticket)?;
        Some(Self { socket: std::ffi::OsStr::from_bytes(path).into(), ticket: ticket.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_go_and_come() {
        let offer =
            LocalOffer { socket: "/run/a;b/hub.sock".into(), ticket: "a-_9".repeat(11)[..43].to_owned() };
        assert_eq!(LocalOffer::parse(&offer.header()), Some(offer.clone()));
        let ticket = &offer.ticket;
        for wrong in [
            String::new(),
            ticket.clone(),
            format!(";{ticket}"),
            format!("run;{ticket}"),
            format!("/run{ticket}"),
            format!("/run\0;{ticket}"),
            format!("/run;{}", &ticket[1..]),
            format!("/run;{}\n", &ticket[1..]),
            format!("/run;{}ä", &ticket[2..]),
        ] {
            assert_eq!(LocalOffer::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
