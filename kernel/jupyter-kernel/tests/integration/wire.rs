//! No frames make the parser panic, and what was signed is read as it was written.

use bytes::Bytes;
use jupyter_kernel::wire::{Parent, Request, Session, Signer, WireError};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(frames: &[Vec<u8>], signer: &Signer) -> Result<Request, WireError> {
    Request::parse(frames.iter().map(|frame| Bytes::copy_from_slice(frame)).collect(), signer)
}

/// Frames as they come from a mischievous front end: any bytes, with pieces of right messages among them.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"<IDS|MSG>".to_vec()),
        Just(b"{}".to_vec()),
        Just(br#"{"msg_type":"execute_request","msg_id":"1"}"#.to_vec()),
        Just(br#"{"code":"a","silent":null}"#.to_vec()),
        ".*".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// Asks for every kind of field, as the kernel does.
fn ask_everything(request: &Request) {
    let _ = request.reply_type();
    if let Ok(fields) = request.fields() {
        for name in ["code", "silent", "n"] {
            let _ = (fields.text(name), fields.flag(name, true), fields.number(name), fields.object(name));
        }
    }
}

proptest! {
    #[test]
    fn any_frames_are_read_or_refused(frames in prop::collection::vec(any_frame(), 0..10), key in ".{0,3}") {
        if let Ok(request) = parse(&frames, &Signer::new(key.as_bytes())) {
            ask_everything(&request);
        }
    }

    #[test]
    fn any_signed_parts_are_read_or_refused(parts in prop::collection::vec(any_frame(), 4..7)) {
        let signer = Signer::new(b"key");
        let signed: Vec<&[u8]> = parts[..4].iter().map(Vec::as_slice).collect();
        let mut frames = vec![b"<IDS|MSG>".to_vec(), signer.sign(&signed).into_bytes()];
        frames.extend(parts.iter().cloned());
        // A delimiter among the parts comes after the first, so it changes nothing.
        match parse(&frames, &signer) {
            Ok(request) => ask_everything(&request),
            Err(error) => prop_assert!(matches!(error, WireError::Header { .. }), "{error}"),
        }
    }

    #[test]
    fn one_changed_bit_is_a_wrong_signature(part in 2_usize..6, bit in 0_usize..16) {
        let session = Session::new(Signer::new(b"key"));
        let parent = Parent { header: Bytes::from_static(b"{\"msg_id\":\"0\"}"), ..Parent::default() };
        let (message, _) = session.frames(&[], "a_request", &parent, &json!({"a": 1}), &json!({"b": 2}));
        let mut frames: Vec<Vec<u8>> = message.into_vec().iter().map(|frame| frame.to_vec()).collect();
        frames[part][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(matches!(parse(&frames, &session.signer), Err(WireError::WrongSignature)));
    }
}

#[test]
fn what_was_written_is_read() {
    let session = Session::new(Signer::new(b"key"));
    let parent = Parent { header: Bytes::from_static(b"{\"msg_id\":\"0\"}"), ..Parent::default() };
    let identities = [Bytes::from_static(b"\x00one"), Bytes::from_static(b"")];
    let (content, metadata) = (json!({"code": "µ"}), json!({"cell": 7}));
    let (message, msg_id) = session.frames(&identities, "execute_request", &parent, &metadata, &content);
    let request = Request::parse(message.into_vec(), &session.signer).unwrap();
    assert_eq!(request.parent.identities, identities);
    assert_eq!((request.parent.msg_id.as_str(), request.answers.as_str()), (msg_id.as_str(), "0"));
    assert_eq!(
        (request.msg_type.as_str(), request.reply_type().as_str()),
        ("execute_request", "execute_reply")
    );
    assert_eq!(request.content.map(Value::Object), Ok(content));
    assert_eq!(Value::Object(request.metadata), metadata);
}
