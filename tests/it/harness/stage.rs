//! Stages on which a process sees another world: other files, another clock, another network. Each
//! is a command that sets it and then becomes the process; it needs a right, or a tool, that not
//! every machine has, and a test that cannot have its stage says so.

use std::path::Path;

use tokio::process::Command;

use super::{can, skip};

/// The words of a command.
pub(crate) type Stage = Vec<String>;

fn words(words: &[&str]) -> Stage {
    words.iter().copied().map(str::to_owned).collect()
}

/// A mount namespace in which `script` has run, with `args` as its `$0` and following.
async fn mounted(test: &str, script: &str, args: &[&str]) -> Option<Stage> {
    for unshare in [&["unshare", "--mount"][..], &["unshare", "--map-root-user", "--mount"]] {
        if can(&[unshare, &["mount", "-t", "tmpfs", "none", "/mnt"]].concat()).await {
            let count = args.len() - 1;
            let script = format!("{script} && shift {count} && exec \"$@\"");
            return Some(words(&[unshare, &["sh", "-c", &script], args].concat()));
        }
    }
    skip(test, "no mount namespace (needs root, or user namespaces)");
    None
}

/// A disk of so many KiB at `directory`, which no other process sees.
pub(crate) async fn small_disk(test: &str, kib: u32, directory: &Path) -> Option<Stage> {
    let mount = format!("mount -t tmpfs -o size={kib}k journal \"$0\"");
    mounted(test, &mount, &[directory.to_str().unwrap()]).await
}

/// A world in which nothing can be written in `directory`.
pub(crate) async fn read_only(test: &str, directory: &Path) -> Option<Stage> {
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    mounted(test, mount, &[directory.to_str().unwrap()]).await
}

/// A world in which names are looked up in `hosts`, and at a server that `resolver` names.
pub(crate) async fn names(test: &str, hosts: &Path, resolver: &Path) -> Option<Stage> {
    let mount = "mount --bind \"$0\" /etc/hosts && mount --bind \"$1\" /etc/resolv.conf";
    let files = [hosts.to_str().unwrap(), resolver.to_str().unwrap()];
    mounted(test, mount, &files).await
}

/// A wall clock that is off by what `offset` says, such as `+3`, in seconds, read anew at each look;
/// the monotonic clock is the machine's.
pub(crate) async fn clock(test: &str, offset: &Path) -> Option<Stage> {
    let preload = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output();
    let preload = preload.await.ok().filter(|output| output.status.success());
    let Some(preload) = preload.and_then(|output| String::from_utf8(output.stdout).ok()) else {
        skip(test, "no faketime (on Debian: faketime)");
        return None;
    };
    Some(words(&[
        "env",
        &format!("LD_PRELOAD={}", preload.trim()),
        &format!("FAKETIME_TIMESTAMP_FILE={}", offset.display()),
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]))
}

/// So many files open at most, for good.
pub(crate) fn few_files(files: u32) -> Stage {
    words(&["sh", "-c", "ulimit -n \"$0\" && exec \"$@\"", &files.to_string()])
}
