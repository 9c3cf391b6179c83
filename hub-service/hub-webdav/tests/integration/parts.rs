//! Files that come in parts (`Content-Range`).

use super::support::server;

#[tokio::test]
async fn parts_in_order_make_a_file() {
    let server = server().await;
    let content: Vec<u8> = (0..100_000_u32).map(|i| (i % 241) as u8).collect();
    let send = async |first: usize, last: usize, total: usize| {
        let range = format!("Content-Range: bytes {first}-{last}/{total}");
        server.ask("PUT", "higgs/a", &[&range], &content[first..=last]).await
    };
    let first = send(0, 39_999, 100_000).await;
    assert_eq!((first.status, first.header("upload-offset")), (202, Some("40000")));
    assert_eq!(server.status("GET", "higgs/a", &[], b"").await, 404);
    // Not where it stands.
    assert_eq!(send(50_000, 59_999, 100_000).await.status, 409);
    assert_eq!(send(40_000, 79_999, 100_000).await.header("upload-offset"), Some("80000"));
    assert_eq!(send(80_000, 99_999, 100_000).await.status, 201);
    assert_eq!(server.get("higgs/a").await, content);
    // From the beginning again: what came before is forgotten.
    assert_eq!(send(0, 9, 20).await.status, 202);
    assert_eq!(send(0, 4, 20).await.header("upload-offset"), Some("5"));
    assert_eq!(send(5, 19, 20).await.status, 204);
    assert_eq!(server.get("higgs/a").await, &content[..20]);
    // Taken as whole files they would destroy the rest.
    for range in
        ["bytes 0-9/*", "bytes 5-2/100", "bytes */20", "lines 0-9/20", "nonsense", "", "bytes 0-9/20\u{e9}"]
    {
        let header = format!("Content-Range: {range}");
        assert_eq!(server.status("PUT", "higgs/a", &[&header], b"0123456789").await, 400, "{range}");
    }
    assert_eq!(server.get("higgs/a").await, &content[..20]);
    server.assert_sound().await;
}
