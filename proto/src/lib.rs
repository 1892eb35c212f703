//! The wire of Minutehand and nothing else: the stubs generated from `minutehand/v1/*.proto`.
//!
//! The stubs are committed, so that users compile no code generator; `tests/fresh.rs` generates them
//! again and fails when they differ.

/// Package `minutehand.v1`.
#[rustfmt::skip]
#[path = "generated/minutehand.v1.rs"]
pub mod v1;

/// The compiled `FileDescriptorSet` of the package, for server reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("generated/minutehand.v1.bin");
