//! What processes and files take, sampled; and whether it stays flat.

use std::{fs, path::Path, time::Duration};

use rustix::process::Pid;

/// Beyond this much memory a service unit would be ended.
pub(super) const RESIDENT_KIB_MAX: u64 = 64 * 1024;

/// Of the resident memory, what may come in half a life after the warm-up: pages that an allocator
/// keeps, not a leak of something each minute. Or a twentieth, if that is more.
const RESIDENT_KIB_SLACK: u64 = 512;

/// The same of a life that is shorter than its warm-up: the first flood of calls, which may come
/// late, takes a few MiB for good.
const YOUNG_RESIDENT_KIB_SLACK: u64 = 16 * 1024;

/// Moments, a second each, after which a process has seen everything that it keeps memory for.
pub(super) const YOUNG: usize = 600;

/// Connections that happen to be open while one is looked at.
const FILES_SLACK: u64 = 2;

/// A moment of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vitals {
    pub(super) resident_kib: u64,
    pub(super) files: u64,
    pub(super) threads: u64,
}

impl Vitals {
    /// Of a process that runs; none if it has ended meanwhile.
    pub(super) fn of(process: Pid) -> Option<Self> {
        let process = Path::new("/proc").join(process.as_raw_nonzero().to_string());
        let status = fs::read_to_string(process.join("status")).ok()?;
        let number = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let files = fs::read_dir(process.join("fd")).ok()?.count();
        Some(Self {
            resident_kib: number("VmRSS:")?,
            files: files.try_into().unwrap(),
            threads: number("Threads:")?,
        })
    }
}

/// The life of a process, in moments of the same distance: the first quarter is for warming up, and
/// the last one is compared with the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) second: Vitals,
    pub(super) last: Vitals,
    /// Resident memory by tenths of the life, in KiB.
    course: Vec<u64>,
    is_young: bool,
}

impl Life {
    /// The medians of the two quarters; none of a life too short to have them.
    pub(super) fn of(moments: &[Vitals]) -> Option<Self> {
        let quarter = moments.len() / 4;
        if quarter == 0 {
            return None;
        }
        let last = &moments[moments.len() - quarter..];
        let second = medians(&moments[quarter..2 * quarter]);
        let tenth = (moments.len() / 10).max(1);
        let course = moments.chunks(tenth).map(|part| medians(part).resident_kib).collect();
        Some(Self { second, last: medians(last), course, is_young: moments.len() < YOUNG })
    }

    /// In what it is not flat; empty: flat.
    pub(super) fn growth(&self) -> Vec<String> {
        let Self { second, last, is_young, .. } = self;
        let slack = if *is_young { YOUNG_RESIDENT_KIB_SLACK } else { RESIDENT_KIB_SLACK };
        let slack = slack.max(second.resident_kib / 20);
        let bounds = [
            ("KiB resident", second.resident_kib, last.resident_kib, slack),
            ("files", second.files, last.files, FILES_SLACK),
            ("threads", second.threads, last.threads, 0),
        ];
        let grown = bounds.into_iter().filter(|(_, second, last, slack)| *last > second + slack);
        grown.map(|(what, second, last, _)| format!("{what}: from {second} to {last}")).collect()
    }
}

fn medians(moments: &[Vitals]) -> Vitals {
    let of = |field: fn(&Vitals) -> u64| median(moments.iter().map(field).collect());
    Vitals {
        resident_kib: of(|moment| moment.resident_kib),
        files: of(|moment| moment.files),
        threads: of(|moment| moment.threads),
    }
}

/// The middle one, or the upper one of the two.
pub(super) fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

/// What the journal takes at some time of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) at: Duration,
    /// The file itself.
    pub(super) bytes: u64,
    /// SQLite's log beside it.
    pub(super) log_bytes: u64,
}

impl Size {
    pub(super) fn of(file: &Path, at: Duration) -> Self {
        let size = |file: &Path| fs::metadata(file).map_or(0, |metadata| metadata.len());
        Self { at, bytes: size(file), log_bytes: size(&file.with_extension("sqlite-wal")) }
    }
}

/// The journal in the second and in the last quarter of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quarters {
    pub(super) second: Quarter,
    pub(super) last: Quarter,
}

/// The journal in one quarter of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quarter {
    /// Its size, as a median.
    pub(super) bytes: u64,
    /// Bytes that it grew by each second.
    pub(super) rate: f64,
}

/// What these sizes come to.
pub(super) fn quarters(sizes: &[Size]) -> Quarters {
    let quarter = sizes.len() / 4;
    Quarters {
        second: Quarter::of(&sizes[quarter..2 * quarter]),
        last: Quarter::of(&sizes[sizes.len() - quarter..]),
    }
}

impl Quarter {
    #[expect(clippy::cast_precision_loss, reason = "files of gigabytes are far below 2^53 bytes")]
    fn of(sizes: &[Size]) -> Self {
        let [first, .., last] = sizes else { panic!("a quarter has several sizes") };
        let seconds = last.at.saturating_sub(first.at).as_secs_f64();
        let bytes = median(sizes.iter().map(|size| size.bytes).collect());
        Self { bytes, rate: (last.bytes as f64 - first.bytes as f64) / seconds }
    }
}

fn life(grow: impl Fn(u64) -> Vitals) -> Vec<String> {
    let moments: Vec<Vitals> = (0..1_000).map(grow).collect();
    Life::of(&moments).unwrap().growth()
}

#[test]
fn what_grows_is_seen_and_what_warms_up_is_not() {
    let flat = Vitals { resident_kib: 7_000, files: 20, threads: 2 };
    let warms_up = |at: u64| Vitals { resident_kib: 7_000.min(4_000 + 15 * at), ..flat };
    assert_eq!(life(warms_up), Vec::<String>::new());
    let leaks = |at: u64| Vitals { resident_kib: 7_000 + 2 * at, ..flat };
    assert_eq!(life(leaks), ["KiB resident: from 7750 to 8750"]);
    let opens = |at: u64| Vitals { files: 20 + at / 100, ..flat };
    assert_eq!(life(opens), ["files: from 23 to 28"]);
    let forks = |at: u64| Vitals { threads: 2 + at / 750, ..flat };
    assert_eq!(life(forks), ["threads: from 2 to 3"]);
}

#[test]
fn this_process_has_vitals() {
    let vitals = Vitals::of(rustix::process::getpid()).unwrap();
    assert!(vitals.resident_kib > 1_000 && vitals.files > 2 && vitals.threads > 1);
}

#[test]
fn a_journal_that_grows_faster_is_seen() {
    let size = |at: u64, bytes| Size { at: Duration::from_secs(at), bytes, log_bytes: 0 };
    let linear: Vec<Size> = (0..40).map(|at| size(at, 100 * at)).collect();
    let Quarters { second, last } = quarters(&linear);
    assert_eq!(second, Quarter { bytes: 1_500, rate: 100.0 });
    assert_eq!(last, Quarter { bytes: 3_500, rate: 100.0 });
    let square: Vec<Size> = (0..40).map(|at| size(at, at * at)).collect();
    let Quarters { second, last } = quarters(&square);
    assert_eq!([second.rate, last.rate].map(f64::to_bits), [29.0_f64, 69.0].map(f64::to_bits));
}
