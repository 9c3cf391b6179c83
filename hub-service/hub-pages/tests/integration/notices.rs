//! Words in the address become sentences of ours only.

use hub_pages::Done;

#[test]
fn words_are_distinct_and_come_back() {
    let words = [
        "folder",
        "uploaded",
        "moved",
        "copied",
        "version",
        "back",
        "gone",
        "emptied",
        "granted",
        "ungranted",
        "unlinked",
        "password",
        "quota",
    ];
    for word in words {
        assert_eq!(Done::from_word(word).map(Done::word), Some(word));
    }
    assert_eq!(Done::from_word("<b>"), None);
}
