//! What was rendered, left for the validator beside the tests: a file a name with messages and views as Slack gets them.

use serde_json::Value;
use std::path::Path;

/// Leaves messages (objects with `text`, `blocks`, `attachments`) or views (with a `type` of `modal` or `home`) in
/// `target/rendered/NAME.json`, in the place of what an earlier run left there.
pub(crate) fn leave(name: &str, surfaces: &[Value]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/rendered");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), serde_json::to_vec_pretty(surfaces).unwrap()).unwrap();
}
