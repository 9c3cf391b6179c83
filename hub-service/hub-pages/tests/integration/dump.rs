use super::samples::pages;
#[test]
fn dump() {
    let Some(folder) = std::env::var_os("DUMP") else { return };
    let folder = std::path::PathBuf::from(folder);
    for (name, page) in pages(hub_api::Role::Admin) {
        let html = page.into_string();
        std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
        for rest in html.split("/services/mlaas4hep/assets/").skip(1) {
            let name = rest.split('"').next().unwrap();
            let at = folder.join("services/mlaas4hep/assets");
            std::fs::create_dir_all(&at).unwrap();
            std::fs::write(at.join(name), hub_pages::asset(name).unwrap().bytes).unwrap();
        }
    }
}
