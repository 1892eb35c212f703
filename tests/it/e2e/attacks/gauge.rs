//! What a process takes of its machine, as `/proc` has it.

use std::fs;

use crate::harness::Part;

/// The processor's ticks in a second (`getconf CLK_TCK`, the same on every Linux of our time).
pub(super) const TICKS_A_SECOND: u64 = 100;

/// One process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gauge(i32);

impl Gauge {
    pub(super) fn of(part: &Part) -> Self {
        Self(part.id().as_raw_nonzero().get())
    }

    /// Memory in use, in KiB.
    pub(super) fn memory(self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most memory in use since [`Self::forget_peak`], in KiB.
    pub(super) fn memory_peak(self) -> u64 {
        self.status("VmHWM:")
    }

    /// The peak is counted anew from here on.
    pub(super) fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    /// Open file descriptors.
    pub(super) fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }

    /// Processor time used so far, in ticks.
    pub(super) fn ticks(self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        // The second field, a name in parentheses, may have spaces; times are the 14th and 15th.
        let (_, fields) = text.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    fn status(self, field: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
