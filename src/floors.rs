//! Arrows go down: a room imports only from rooms further down the list in `lib.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::examples::sources;

/// The rooms from the top down; those of one line are on one floor.
fn floors() -> Vec<Vec<&'static str>> {
    let lines = include_str!("lib.rs").lines().filter_map(|line| line.strip_prefix("//! - `"));
    lines
        .map(|line| line.split(':').next().unwrap().split(',').map(|room| room.trim_matches([' ', '`'])).collect())
        .collect()
}

/// The rooms that a line of code names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap();
    code.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
}

#[test]
fn a_room_imports_only_from_floors_below_it() {
    let floors = floors();
    let floor = |room: &str| floors.iter().position(|floor| floor.contains(&room));
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = BTreeSet::new();
    let mut upward = Vec::new();
    for (path, text) in sources() {
        let path = path.strip_prefix(&src).unwrap();
        let room = Path::new(path.components().next().unwrap().as_os_str()).file_stem().unwrap().to_str().unwrap();
        // The crate's face, and what looks at all rooms.
        if ["lib", "main", "internal", "examples", "floors"].contains(&room) {
            continue;
        }
        let own = floor(room).unwrap_or_else(|| panic!("{room} stands nowhere in the list of lib.rs"));
        rooms.insert(room.to_owned());
        // A test may look at a room from above.
        if path.components().any(|part| Path::new(part.as_os_str()).file_stem() == Some("tests".as_ref())) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            assert!(!line.starts_with("use crate::{"), "{}: one import for each room", path.display());
            let above = |name: &str| name != room && floor(name).is_some_and(|floor| floor <= own);
            for name in named(line).filter(|name| above(name)) {
                upward.push(format!("{}:{}: {room} imports from {name}", path.display(), number + 1));
            }
        }
    }
    let listed: BTreeSet<String> = floors.iter().flatten().map(|room| (*room).to_owned()).collect();
    assert_eq!(rooms, listed, "all rooms stand in the list, and no others");
    assert!(upward.is_empty(), "{upward:#?}");
}
