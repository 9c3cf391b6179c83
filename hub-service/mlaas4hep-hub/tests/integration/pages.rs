//! Each page and each form over a real store, as callers of every role send them.

use axum::{body::Body, extract::Request, http::header};

use super::rig::{Rig, XSRF};

#[tokio::test]
async fn workspaces_folders_and_files_are_shown() {
    let rig = Rig::new().await;
    rig.put("data/run10.root", b"no ROOT file").await;
    rig.put("data/run2.txt", b"first <line>").await;
    rig.get("alice", "/").await.is(200).shows(&["higgs", "~alice", "you administer it"]);
    let page = rig.get("bob", "/w/higgs/browse/data").await;
    page.is(200).shows(&["run10.root", "run2.txt", "Upload files"]);
    assert!(page.text.find("run2.txt").unwrap() < page.text.find("run10.root").unwrap());
    let page = rig.get("rita", "/w/higgs/browse/data?filter=RUN2").await;
    assert!(page.is(200).text.contains("run2.txt") && !page.text.contains("run10.root"));
    assert!(!page.text.contains("Upload files"));
    rig.get("bob", "/w/higgs/file/data/run2.txt").await.is(200).shows(&["first &lt;line&gt;", "12 B"]);
    rig.get("bob", "/w/higgs/file/data/run10.root")
        .await
        .is(200)
        .shows(&["cannot be shown as a ROOT file", "no ROOT file"]);
    let moved = rig.get("bob", "/w/higgs/browse/data/run2.txt").await;
    assert_eq!((moved.status, moved.header("location")), (303, "/w/higgs/file/data/run2.txt"));
    let moved = rig.get("bob", "/w/higgs/file/data").await;
    assert_eq!((moved.status, moved.header("location")), (303, "/w/higgs/browse/data"));
}

#[tokio::test]
async fn who_may_not_see_sees_nothing() {
    let rig = Rig::new().await;
    rig.put("secret.root", b"1").await;
    for page in [
        "browse/",
        "file/secret.root",
        "move/secret.root",
        "trash",
        "sharing",
        "quota",
        "audit",
        "histogram/secret.root?tree=a&branch=b",
    ] {
        let answer = rig.get("eve", &format!("/w/higgs/{page}")).await;
        assert!(
            answer.is(404).text.contains("Not found") && !answer.text.contains("secret"),
            "{page}: {}",
            answer.text
        );
        rig.get("nobody", &format!("/w/higgs/{page}")).await.is(401).shows(&["Please log in"]);
    }
    for page in ["sharing", "audit", "trash"] {
        rig.get("rita", &format!("/w/higgs/{page}")).await.is(403).shows(&["What to do", "My workspaces"]);
    }
    rig.get("bob", "/w/higgs/trash").await.is(200);
    for (who, form) in
        [("rita", "new-folder/"), ("rita", "delete/secret.root"), ("bob", "grants"), ("bob", "quota")]
    {
        let fields = "name=x&kind=user&role=reader&limit_gibibytes=1&limit_entries=1";
        rig.post(who, &format!("/w/higgs/{form}"), fields).await.is(403);
    }
}

#[tokio::test]
async fn every_page_says_what_may_run_on_it() {
    let rig = Rig::new().await;
    for address in ["/", "/app-passwords", "/w/higgs/browse/", "/w/higgs/browse/none", "/w/no%20name/browse/"]
    {
        let page = rig.get("alice", address).await;
        assert!(
            page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"),
            "{address}"
        );
        assert_eq!(
            (page.header("cache-control"), page.header("x-content-type-options")),
            ("no-store", "nosniff")
        );
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    }
    let page = rig.get("alice", "/").await.text;
    let style = page.split("href=\"/assets/hub-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let style = rig.get("nobody", &format!("/assets/hub-{style}")).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(style.header("cache-control").contains("immutable"));
    rig.get("nobody", "/assets/other.css").await.is(404);
    let asked = Request::get("/w/higgs/browse/none")
        .header("accept", "application/json")
        .body(Body::empty())
        .unwrap();
    rig.send(asked).await.is(404).shows(&["\"code\":\"not_found\""]);
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let rig = Rig::new().await;
    rig.put("a", b"1").await;
    for form in ["", "xsrf=", "xsrf=wrong", "name=x"] {
        let answer = rig.post_as_is("alice", "/w/higgs/delete/a", form).await;
        assert!(matches!(answer.status, 400 | 403), "{form}: {}", answer.status);
    }
    let from_elsewhere = Request::post("/w/higgs/delete/a")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("xsrf={XSRF}")))
        .unwrap();
    rig.send(from_elsewhere).await.is(403).shows(&["load the page anew"]);
    rig.get("alice", "/w/higgs/delete/a").await.is(405);
    rig.get("alice", "/w/higgs/file/a").await.is(200);
}

#[tokio::test]
async fn folders_are_made_things_moved_deleted_and_brought_back() {
    let rig = Rig::new().await;
    let made = rig.post("bob", "/w/higgs/new-folder/", "name=%3Cnew%3E").await;
    assert_eq!((made.is(303).header("location")), "/w/higgs/browse/%3Cnew%3E?done=folder");
    rig.get("bob", "/w/higgs/browse/%3Cnew%3E?done=folder")
        .await
        .is(200)
        .shows(&["&lt;new&gt;", "The folder is there."]);
    for name in ["..", "a%2Fb", ""] {
        rig.post("bob", "/w/higgs/new-folder/", &format!("name={name}")).await.is(400);
    }
    rig.put("a.txt", b"1").await;
    let moved = rig.post("bob", "/w/higgs/move/a.txt", "to_path=d/b.txt&to_workspace=higgs&copy=false").await;
    assert_eq!(moved.is(303).header("location"), "/w/higgs/file/d/b.txt?done=moved");
    let copied = rig.post("bob", "/w/higgs/move/d/b.txt", "to_path=b.txt&to_workspace=~bob&copy=true").await;
    assert_eq!(copied.is(303).header("location"), "/w/~bob/file/b.txt?done=copied");
    rig.post("bob", "/w/higgs/move/d/b.txt", "to_path=../x&to_workspace=higgs").await.is(400);
    rig.post("bob", "/w/higgs/move/d/b.txt", "to_path=x&to_workspace=~alice").await.is(404);
    let deleted = rig.post("bob", "/w/higgs/delete/d/b.txt", "").await;
    let notice = deleted.is(303).header("location").to_owned();
    let page = rig.get("bob", &notice).await;
    page.is(200).shows(&["is in the trash", "Undo"]);
    let undo = page
        .text
        .split("action=\"")
        .find(|rest| rest.contains("/restore\""))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(rig.post("bob", &undo, "").await.is(303).header("location"), "/w/higgs/browse/d?done=back");
    rig.get("bob", "/w/higgs/file/d/b.txt").await.is(200);
    rig.post("bob", &undo, "").await.is(404);
    rig.post("bob", "/w/higgs/delete/d", "").await.is(303);
    rig.get("bob", "/w/higgs/trash").await.is(200).shows(&["Bring back"]);
    rig.post("bob", "/w/higgs/trash", "").await.is(403);
    rig.post("alice", "/w/higgs/trash", "").await.is(303);
    rig.get("bob", "/w/higgs/trash").await.is(200).shows(&["The trash is empty."]);
}

#[tokio::test]
async fn an_old_version_comes_back() {
    let rig = Rig::new().await;
    rig.put("a.txt", b"the first").await;
    rig.put("a.txt", b"the second").await;
    rig.get("bob", "/w/higgs/file/a.txt").await.is(200).shows(&["the second", "Restore version 1"]);
    let back = rig.post("bob", "/w/higgs/restore/a.txt", "version=1").await;
    assert_eq!(back.is(303).header("location"), "/w/higgs/file/a.txt?done=version");
    rig.get("bob", "/w/higgs/file/a.txt").await.is(200).shows(&["the first", "Restore version 2"]);
    rig.post("bob", "/w/higgs/restore/a.txt", "version=9").await.is(404);
    rig.post("rita", "/w/higgs/restore/a.txt", "version=1").await.is(403);
}

#[tokio::test]
async fn a_plain_form_uploads() {
    let rig = Rig::new().await;
    let send = |token: &str, name: &str, who: &str| {
        let body = format!(
            "--X\r\ncontent-disposition: form-data; name=\"xsrf\"\r\n\r\n{token}\r\n--X\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/plain\r\n\r\nthe content\r\n--X--\r\n"
        );
        Request::post("/w/higgs/upload/d")
            .header("x-who", who)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from(body))
            .unwrap()
    };
    let done = rig.send(send(XSRF, "C:\\texts\\a.txt", "bob")).await;
    assert_eq!(done.is(303).header("location"), "/w/higgs/browse/d?done=uploaded");
    rig.get("bob", "/w/higgs/file/d/a.txt").await.is(200).shows(&["the content", "browser"]);
    rig.send(send("wrong", "b.txt", "bob")).await.is(403);
    rig.send(send(XSRF, "..", "bob")).await.is(400);
    rig.send(send(XSRF, "b.txt", "rita")).await.is(403);
    rig.get("bob", "/w/higgs/file/d/b.txt").await.is(404);
}

#[tokio::test]
async fn sharing_is_given_and_taken_back() {
    let rig = Rig::new().await;
    rig.put("a.txt", b"1").await;
    rig.get("eve", "/w/higgs/browse/").await.is(404);
    rig.post("alice", "/w/higgs/grants", "kind=user&name=eve&role=reader&expires_in_seconds=").await.is(303);
    rig.get("eve", "/w/higgs/browse/").await.is(200).shows(&["a.txt", "you can read"]);
    rig.get("eve", "/").await.is(200).shows(&["higgs"]);
    let page = rig.get("alice", "/w/higgs/sharing?done=granted").await;
    page.is(200).shows(&["eve", "no end", "works at once"]);
    let take_back = action(&page.text, "/grants/");
    rig.post("alice", &take_back, "").await.is(303);
    rig.get("eve", "/w/higgs/browse/").await.is(404);
    rig.post("alice", "/w/higgs/grants", "kind=user&name=&role=reader").await.is(400);
    rig.post("alice", "/w/higgs/grants", "kind=user&name=eve&role=owner").await.is(400);
    let made = rig.post("alice", "/w/higgs/links", "path=a.txt&expires_in_seconds=60&password=pw").await;
    made.is(200).shows(&["http://hub.example/links/", "asked for"]);
    let page = rig.get("alice", "/w/higgs/sharing").await;
    assert!(!page.is(200).text.contains("http://hub.example/links/"));
    rig.post("alice", &action(&page.text, "/links/"), "").await.is(303);
    rig.post("alice", "/w/higgs/links", "path=a.txt&expires_in_seconds=99999999").await.is(400);
    rig.get("alice", "/w/higgs/audit").await.is(200).shows(&["grant", "link taken back", "eve"]);
}

/// Where the form goes whose address holds a part.
fn action(page: &str, part: &str) -> String {
    let rest = page.split("action=\"").find(|rest| rest.split('"').next().unwrap().contains(part)).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn app_passwords_are_shown_once() {
    let rig = Rig::new().await;
    let made =
        rig.post("bob", "/app-passwords", "label=%3Crclone%3E&role=writer&expires_in_seconds=86400").await;
    made.is(200).shows(&[
        "&lt;rclone&gt;",
        "shown only now",
        "rclone config create",
        "davix-ls",
        "curl --user",
    ]);
    assert_eq!(made.header("cache-control"), "no-store");
    let password =
        made.text.split("<code id=\"password\"><bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(password.len() > 20);
    let page = rig.get("bob", "/app-passwords").await;
    page.is(200).shows(&["&lt;rclone&gt;", "never"]);
    assert!(!page.text.contains(&password));
    assert!(!rig.get("alice", "/app-passwords").await.text.contains("rclone&gt;"));
    let take_back = action(&page.text, "/app-passwords/");
    rig.post("alice", &take_back, "").await.is(404);
    rig.post("bob", &take_back, "").await.is(303);
    assert!(!rig.get("bob", "/app-passwords").await.text.contains("rclone&gt;"));
}

#[tokio::test]
async fn limits_are_set_by_administrators_of_the_service() {
    let rig = Rig::new().await;
    rig.get("alice", "/w/higgs/quota").await.is(200).shows(&[
        "Set the limits",
        "shared://higgs/",
        "http://hub.example/dav/higgs/",
    ]);
    assert!(!rig.get("bob", "/w/higgs/quota").await.text.contains("Set the limits"));
    rig.post("alice", "/w/higgs/quota", "limit_gibibytes=2.5&limit_entries=1000").await.is(303);
    rig.get("bob", "/w/higgs/quota").await.is(200).shows(&["of 2.50 GiB used", "of 1,000 files"]);
    for wrong in ["NaN", "-1", "1e30", "x"] {
        rig.post("alice", "/w/higgs/quota", &format!("limit_gibibytes={wrong}&limit_entries=1"))
            .await
            .is(400);
    }
}

#[tokio::test]
async fn who_administers_the_service_sees_all_workspaces_and_sets_their_limits() {
    let rig = Rig::new().await;
    rig.put("secret.root", b"1").await;
    let page = rig.get("alice", "/admin").await;
    page.is(200).shows(&["higgs", "Limit in GiB"]);
    assert!(!page.text.contains("secret"));
    rig.get("alice", "/").await.shows(&["All workspaces and their limits"]);
    assert!(!rig.get("bob", "/").await.text.contains("All workspaces"));
    rig.get("bob", "/admin").await.is(403);
    rig.post("bob", "/admin", "workspace=higgs&limit_gibibytes=1&limit_entries=10").await.is(403);
    let set = rig.post("alice", "/admin", "workspace=higgs&limit_gibibytes=1.5&limit_entries=10").await;
    assert_eq!((set.is(303).header("location"),), ("/admin?done=quota",));
    rig.get("alice", "/admin?done=quota").await.shows(&["value=\"1.5\"", "The limits are set."]);
    rig.get("alice", "/admin?name=IGG").await.is(200).shows(&["Limit in GiB", "Show all"]);
    rig.get("alice", "/admin?name=%25").await.is(200).shows(&["No name holds this."]);
    rig.post("alice", "/admin", "workspace=nosuch&limit_gibibytes=1&limit_entries=10").await.is(404);
    rig.post("alice", "/admin", "workspace=no%20name&limit_gibibytes=1&limit_entries=10").await.is(400);
}

#[tokio::test]
async fn members_see_who_administers_their_workspace() {
    let rig = Rig::new().await;
    rig.put("a", b"1").await;
    rig.get("bob", "/w/higgs/quota").await.shows(&["Nobody who administers it has been here yet"]);
    rig.store.note_groups("alice", &["higgs".to_owned(), "higgs/admins".to_owned()]).await.unwrap();
    rig.store.note_groups("mallory", &["Higgs/admins".to_owned()]).await.unwrap();
    let page = rig.get("bob", "/w/higgs/quota").await;
    page.is(200).shows(&["Administered by ", "alice"]);
    assert!(!page.text.contains("mallory"));
}

#[tokio::test]
async fn what_was_deleted_comes_back_under_another_name() {
    let rig = Rig::new().await;
    rig.put("a", b"old").await;
    rig.post("bob", "/w/higgs/delete/a", "").await.is(303);
    rig.put("a", b"new").await;
    let trash = rig.get("bob", "/w/higgs/trash").await.text;
    let mut forms = trash.split("action=\"").map(|rest| rest.split('"').next().unwrap());
    let form = forms.find(|form| form.ends_with("/restore")).unwrap();
    rig.post("bob", form, "").await.is(409);
    rig.post("bob", form, "to=..%2Fx").await.is(400);
    let back = rig.post("bob", form, "to=%2Fkept%2Fold").await;
    assert_eq!(back.is(303).header("location"), "/w/higgs/browse/kept?done=back");
    rig.get("bob", "/w/higgs/browse/kept").await.is(200).shows(&[">old<"]);
}

#[tokio::test]
async fn unfinished_uploads_are_shown_and_ended() {
    let rig = Rig::new().await;
    let options = workspaces::WriteOptions { size_bytes: Some(5000), ..workspaces::WriteOptions::default() };
    let (higgs, path) =
        (hub_api::WorkspaceName::new("higgs").unwrap(), hub_api::FilePath::new("late.root").unwrap());
    let begun = rig.store.create_upload(&super::rig::actor("bob"), &higgs, &path, options).await.unwrap();
    rig.get("bob", "/w/higgs/quota").await.is(200).shows(&["Unfinished uploads", "late.root"]);
    assert!(!rig.get("rita", "/w/higgs/quota").await.is(200).text.contains("late.root"));
    let form = format!("/w/higgs/uploads/{}/delete", begun.id);
    rig.post("rita", &form, "").await.is(403);
    let ended = rig.post("alice", &form, "").await;
    assert_eq!(ended.is(303).header("location"), "/w/higgs/quota?done=ended");
    assert!(!rig.get("bob", "/w/higgs/quota").await.text.contains("Unfinished uploads"));
}

#[tokio::test]
async fn a_histogram_belongs_to_no_origin() {
    let rig = Rig::new().await;
    rig.put("signal.root", &super::root_preview::signal(500)).await;
    rig.get("bob", "/w/higgs/file/signal.root").await.is(200).shows(&[
        "Events",
        "500 events",
        "Jet_pt",
        "jagged",
    ]);
    let svg = rig.get("bob", "/w/higgs/histogram/signal.root?version=1&tree=Events&branch=Jet_pt").await;
    svg.is(200).shows(&["<svg", "500 events"]);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.header("content-security-policy").ends_with("sandbox"));
    assert!(svg.header("cache-control").starts_with("private, max-age"));
    let shown = rig.get("bob", "/w/higgs/file/signal.root?tree=Events&branch=Jet_pt").await;
    shown.is(200).shows(&["alt=\"Histogram of Jet_pt\""]);
    let asked = Request::get("/w/higgs/histogram/signal.root?tree=Events&branch=%3Cx%3E")
        .header("accept", "application/json")
        .body(Body::empty())
        .unwrap();
    rig.send(asked).await.is(422).shows(&["has no branch"]);
}

#[tokio::test]
async fn a_large_folder_is_shown_by_pages() {
    let rig = Rig::new().await;
    for n in 0..205 {
        rig.put(&format!("d/f{n}"), b"").await;
    }
    let page = rig.get("bob", "/w/higgs/browse/d").await;
    page.is(200).shows(&["205 names, page 1 of 2", ">f0<", ">f199<"]);
    assert!(!page.text.contains(">f200<"));
    rig.get("bob", "/w/higgs/browse/d?page=2").await.is(200).shows(&[">f204<"]);
    rig.get("bob", "/w/higgs/browse/d?page=99").await.is(200).shows(&["page 2 of 2"]);
    rig.get("bob", "/w/higgs/browse/d?cursor=d/f97")
        .await
        .is(200)
        .shows(&["in the order of its names", ">f98<"]);
}
