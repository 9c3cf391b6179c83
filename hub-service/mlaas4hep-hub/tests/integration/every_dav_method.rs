//! Every method of `WebDAV`, as every kind of caller sends it.

use super::service::{CALLERS, PREFIX, Service};
use super::table::{self, DONE, is_as_expected, next_address, next_number, rightful};
use mlaas4hep_hub::Needs;
use reqwest::{RequestBuilder, Response};

const METHODS: [(&str, Needs); 15] = [
    ("OPTIONS", Needs::Reader),
    ("GET", Needs::Reader),
    ("HEAD", Needs::Reader),
    ("PROPFIND", Needs::Reader),
    ("PUT", Needs::Writer),
    ("DELETE", Needs::Writer),
    ("MKCOL", Needs::Writer),
    ("COPY", Needs::Writer),
    ("MOVE", Needs::Writer),
    ("PROPPATCH", Needs::Writer),
    ("LOCK", Needs::Writer),
    ("UNLOCK", Needs::Writer),
    // Not spoken here.
    ("PATCH", Needs::Reader),
    ("REPORT", Needs::Reader),
    ("BREW", Needs::Reader),
];
const LOCK: &str = "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>\
                    </D:locktype></D:lockinfo>";
const PATCH: &str = "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x:y xmlns:x=\"urn:x\">1</x:y></D:prop></D:set>\
                     </D:propertyupdate>";

/// A file of its own for a request, with the lock that the writer has on it.
struct Object {
    path: String,
    lock: String,
}

impl Object {
    async fn new(service: &Service, method: &str) -> Self {
        let path = format!("dav/higgs/{}", service.new_file().await);
        let mut lock = String::new();
        if method == "UNLOCK" {
            let taken = service.request("LOCK", &path, "writer").body(LOCK).send().await.unwrap();
            taken.headers()["lock-token"].to_str().unwrap().clone_into(&mut lock);
        }
        Self { path, lock }
    }
}

/// A request that lacks nothing.
fn request(service: &Service, method: &str, caller: &str, object: &Object) -> RequestBuilder {
    let path = if method == "MKCOL" { format!("{}.folder", object.path) } else { object.path.clone() };
    let request = service.request(method, &path, caller).header("x-forwarded-for", next_address());
    match method {
        "PUT" => request.body("other"),
        "PROPFIND" => request.header("depth", "0"),
        "COPY" | "MOVE" => request.header("destination", format!("{PREFIX}{path}.{}", next_number())),
        "PROPPATCH" => request.body(PATCH),
        "LOCK" => request.body(LOCK),
        "UNLOCK" => request.header("lock-token", &object.lock),
        _ => request,
    }
}

fn expected(method: &str, needs: Needs, caller: &str) -> u16 {
    match (method, caller, table::expected(needs, caller)) {
        // The lock is the writer's; who administers the workspace may break it.
        ("UNLOCK", "fellow", _) => 403,
        ("PATCH" | "REPORT", _, DONE) => 405,
        ("BREW", _, DONE) => 501,
        (_, _, due) => due,
    }
}

/// What is wrong with an answer.
async fn complaint(service: &Service, due: u16, answer: Response) -> Option<String> {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let asks_password =
        headers.get("www-authenticate").is_some_and(|asked| asked.as_bytes().starts_with(b"Basic "));
    let secret = service.secret_in(&format!("{headers:?}{text}"));
    let is_right = is_as_expected(status, due) && asks_password == (due == 401) && secret.is_none();
    (!is_right).then(|| format!("{status}, not {due}: {headers:?} {text}"))
}

async fn service() -> Service {
    let limits = "[limits]\nrequests_per_second = 100000\n[log]\nlevel = \"debug\"\n";
    let service = Service::start_with(limits).await;
    service.give_password_to_read().await;
    service.end_tokens().await;
    service
}

/// Who is refused changes nothing: who may does the same to the same thing afterwards.
#[tokio::test]
async fn every_method_as_every_caller() {
    let service = service().await;
    let mut wrong = Vec::new();
    for (method, needs) in METHODS {
        for caller in CALLERS {
            let object = Object::new(&service, method).await;
            let mut check = async |caller: &str| {
                let due = expected(method, needs, caller);
                let answer = request(&service, method, caller, &object).send().await.unwrap();
                let found = complaint(&service, due, answer).await;
                wrong.extend(found.map(|found| format!("{method} as {caller}: {found}")));
                due
            };
            if check(caller).await != DONE {
                check(rightful(needs)).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_caller_sees_the_folders_that_are_open_to_it() {
    let service = service().await;
    service.new_file().await;
    for caller in CALLERS {
        let due = table::expected(Needs::Reader, caller);
        let asked = service.request("PROPFIND", "dav/", caller).header("depth", "1");
        let answer = asked.header("x-forwarded-for", next_address()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if due == 401 { 401 } else { 207 }, "{caller}");
        let text = answer.text().await.unwrap();
        assert_eq!(text.contains("/dav/higgs/"), due == DONE, "{caller}: {text}");
    }
}

/// A copy leads nowhere that its writer could not write otherwise: there is no folder for it, as of one that nobody made.
#[tokio::test]
async fn nothing_is_copied_to_where_one_may_not_write() {
    let service = service().await;
    for (caller, from, to, due) in [
        ("writer", "higgs", "atlas", 409),
        ("writer", "higgs", "nosuch", 409),
        ("writer", "higgs", "~reader", 409),
        ("reader", "higgs", "~reader", DONE),
        ("of-another-group", "higgs", "atlas", 404),
        ("of-another-group", "atlas", "higgs", 409),
    ] {
        let name = service.new_file().await.replace('/', "-");
        if from == "higgs" {
            assert_eq!(service.put(&format!("dav/higgs/{name}"), "writer", "text").await, 201);
        } else {
            assert_eq!(service.put(&format!("dav/{from}/{name}"), caller, "text").await, 201);
        }
        let asked = service.request("COPY", &format!("dav/{from}/{name}"), caller);
        let answer = asked.header("destination", format!("{PREFIX}dav/{to}/{name}")).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(is_as_expected(status, due), "{caller} from {from} to {to}: {status}");
    }
}
