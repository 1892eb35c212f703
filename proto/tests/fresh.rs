//! The committed stubs are what the `.proto` files generate.
//!
//! `UPDATE_STUBS=1 cargo test -p proto` writes them anew.

use std::{fs, path::Path};

use prost::Message as _;

#[test]
fn committed_stubs_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("src/generated");
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stubs");
    fs::create_dir_all(&fresh).unwrap();

    let files =
        ["generator", "trader"].map(|name| root.join(format!("minutehand/v1/{name}.proto")));
    let mut descriptors = protox::compile(files, [root]).unwrap();
    tonic_prost_build::configure().out_dir(&fresh).compile_fds(descriptors.clone()).unwrap();
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    fs::write(fresh.join("minutehand.v1.bin"), descriptors.encode_to_vec()).unwrap();

    for name in ["minutehand.v1.rs", "minutehand.v1.bin"] {
        let generated = fs::read(fresh.join(name)).unwrap();
        let path = committed.join(name);
        if std::env::var_os("UPDATE_STUBS").is_some() {
            fs::write(&path, &generated).unwrap();
        }
        assert!(
            fs::read(&path).is_ok_and(|bytes| bytes == generated),
            "src/generated/{name} is not what the .proto files generate: run `UPDATE_STUBS=1 cargo test -p proto`"
        );
    }
}
