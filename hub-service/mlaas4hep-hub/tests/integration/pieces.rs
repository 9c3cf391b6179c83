//! Files in pieces placed by `Content-Range`: what each piece says of the whole counts.

use super::service::Service;
use reqwest::Response;

/// Of `hello world`.
const DIGEST: &str = "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:";

struct Pieces(Service);

impl Pieces {
    async fn put(&self, at: &str, range: &str, body: &'static str, more: &[(&str, &str)]) -> Response {
        let mut request = self.0.request("PUT", at, "writer").body(body);
        if !range.is_empty() {
            request = request.header("content-range", format!("bytes {range}"));
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn status(&self, range: &str, body: &'static str, more: &[(&str, &str)]) -> u16 {
        self.put("files/higgs/p", range, body, more).await.status().as_u16()
    }

    async fn n_unfinished(&self) -> usize {
        let asked = self.0.request("GET", "api/v1/workspaces/higgs/uploads", "writer").send().await.unwrap();
        let uploads: serde_json::Value = serde_json::from_slice(&asked.bytes().await.unwrap()).unwrap();
        uploads.as_array().unwrap().len()
    }
}

#[tokio::test]
async fn conditions_of_every_piece_count() {
    let service = Pieces(Service::start().await);
    assert_eq!(service.status("", "first", &[]).await, 201);
    for late in [("if-none-match", "*"), ("if-match", "\"other\"")] {
        assert_eq!(service.status("0-4/11", "hello", &[]).await, 202);
        assert_eq!(service.status("5-10/11", " world", &[late]).await, 412, "{late:?}");
    }
    let file = service.0.request("GET", "files/higgs/p", "writer").send().await.unwrap();
    let tag = file.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(file.text().await.unwrap(), "first");
    // What was refused may be said again, and rightly.
    assert_eq!(service.status("5-10/11", " world", &[("if-match", &tag)]).await, 200);
    // The one who was there meanwhile is not written over.
    assert_eq!(service.status("0-4/11", "hello", &[("if-match", &tag)]).await, 412);
    assert_eq!(service.n_unfinished().await, 0);
}

#[tokio::test]
async fn the_digest_is_that_of_the_whole() {
    let service = Pieces(Service::start().await);
    let wrong = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    assert_eq!(service.status("0-4/11", "hello", &[]).await, 202);
    assert_eq!(service.status("5-10/11", " world", &[("repr-digest", wrong)]).await, 400);
    // Of a piece it is another.
    assert_eq!(service.status("0-4/11", "hello", &[("content-digest", wrong)]).await, 202);
    assert_eq!(service.status("5-10/11", " world", &[("repr-digest", DIGEST)]).await, 201);
    let rfc_3230 = ("digest", "SHA-256=uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=");
    for (header, value) in [("repr-digest", wrong), ("content-digest", wrong), ("digest", "SHA-256=abc")] {
        let asked = service.put("files/higgs/q", "", "hello world", &[(header, value)]).await;
        assert_eq!(asked.status().as_u16(), 400, "{header}");
    }
    assert_eq!(service.status("", "hello world", &[rfc_3230]).await, 200);
    let by_webdav =
        async |value| service.put("dav/higgs/w", "", "hello world", &[("repr-digest", value)]).await;
    assert_eq!(by_webdav(wrong).await.status().as_u16(), 400);
    assert_eq!(service.0.status("GET", "files/higgs/w", "writer").await, 404);
    assert_eq!(by_webdav("sha-256=:x:").await.status().as_u16(), 400);
    assert_eq!(by_webdav(DIGEST).await.status().as_u16(), 201);
}

#[tokio::test]
async fn one_asks_how_far_a_file_is() {
    let service = Pieces(Service::start().await);
    assert_eq!(service.status("*/11", "", &[]).await, 409, "nothing is under way");
    assert_eq!(service.status("0-4/11", "hello", &[]).await, 202);
    let asked = service.put("files/higgs/p", "*/11", "", &[]).await;
    assert_eq!((asked.status().as_u16(), asked.headers()["range"].to_str().unwrap()), (202, "bytes=0-4"));
    assert_eq!(service.status("*/12", "", &[]).await, 400, "another size");
    assert_eq!(service.status("5-11/11", " world!", &[]).await, 400, "its last byte is not in it");
    assert_eq!(service.status("5-10/11", " world", &[]).await, 201);
}

#[tokio::test]
async fn a_beginning_that_is_refused_ends_nothing() {
    let service = Pieces(Service::start().await);
    assert_eq!(service.status("0-4/11", "hello", &[]).await, 202);
    assert_eq!(service.status("0-4/9223372036854775807", "hello", &[]).await, 413);
    assert_eq!(service.status("0-4/107374182399", "hello", &[]).await, 507);
    assert_eq!(service.status("0-4/12", "hello", &[("if-match", "\"a\"")]).await, 412);
    assert_eq!(service.n_unfinished().await, 1);
    assert_eq!(service.status("5-10/11", " world", &[]).await, 201);
    // Begun anew, it takes the place of the one before.
    assert_eq!(service.status("0-4/11", "hello", &[]).await, 202);
    assert_eq!(service.status("0-4/12", "hello", &[]).await, 202);
    assert_eq!(service.n_unfinished().await, 1);
}
