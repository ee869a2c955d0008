//! The C ABI as it is: `<mlmon/abi.h>`, `<mlmon/batch.h>`, `<mlmon/observer.h>`, `<mlmon/delivery.h>`,
//! `<mlmon/plugin.h>`, where the comments stand. Names are those of the headers, without `mlmon_`. tests/layout.rs compares the two.

use std::os::raw::{c_char, c_void};

pub const ABI_MAJOR: u16 = 1;
pub const ABI_MINOR: u16 = 2;
/// It has all that this crate uses.
pub const OLDEST_HOST_MINOR: u16 = 1;

pub const OK: i32 = 0;
pub const ENDED: i32 = 1;
pub const E_FAILED: i32 = -1;
pub const E_INVALID: i32 = -2;
pub const E_UNSUPPORTED: i32 = -3;
pub const E_NOT_FOUND: i32 = -6;
pub const E_CONFIG: i32 = -7;

pub const LOG_DEBUG: i32 = 1;
pub const LOG_INFO: i32 = 2;
pub const LOG_WARN: i32 = 3;
pub const LOG_ERROR: i32 = 4;

pub const KIND_METRICS: u32 = 1;
pub const KIND_DRIFT: u32 = 2;
pub const KIND_JOB: u32 = 3;

pub const BATCH_REPLAY: u32 = 1;
pub const BATCH_GAP: u32 = 2;
pub const BATCH_DERIVED: u32 = 4;

pub const COLUMN_NUMBER: u32 = 1;
pub const COLUMN_INTEGER: u32 = 2;
pub const COLUMN_BOOLEAN: u32 = 3;
pub const COLUMN_TEXT: u32 = 4;
pub const COLUMN_JSON: u32 = 5;
pub const ABSENT_INTEGER: i64 = i64::MIN;
pub const ABSENT_TEXT: u32 = u32::MAX;

pub const ENDPOINT_QUEUE: u32 = 1;
pub const ENDPOINT_GROUPS: u32 = 2;
pub const ENDPOINT_BEGAN: u32 = 4;

pub const DELIVERED: u32 = 1;
pub const RETRY: u32 = 2;
pub const DEAD: u32 = 3;

pub const JOB_OPEN: u32 = 0;
pub const JOB_DONE: u32 = 1;
pub const JOB_FAILED: u32 = 2;
pub const JOB_CANCELLED: u32 = 3;

pub const EVERY_MODEL: u32 = u32::MAX;
pub const NOTE_TYPE: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const c_char,
    pub len: usize,
}

#[repr(C)]
pub struct Column {
    pub size: u32,
    pub r#type: u32,
    pub numbers: *const f64,
    pub integers: *const i64,
    pub text_off: *const u32,
    pub text_len: *const u32,
    pub text: *const c_char,
}

#[repr(C)]
pub struct Batch {
    pub size: u32,
    pub flags: u32,
    pub first_seq: u64,
    pub dropped: u64,
    pub rows: u32,
    pub count: u32,
    pub sel: *const u32,
    pub time_ns: *const i64,
    pub model: *const u32,
    pub kind: *const u32,
    pub accuracy: *const f64,
    pub precision: *const f64,
    pub recall: *const f64,
    pub f1: *const f64,
    pub p_value: *const f64,
    pub magnitude: *const f64,
    pub samples: *const i64,
    pub line: *const u64,
    pub offset: *const u64,
    pub raw_off: *const u32,
    pub raw_len: *const u32,
    pub raw: *const c_char,
    pub n_columns: u32,
    pub reserved: u32,
    pub columns: *const *const Column,
}

#[repr(C)]
pub struct ModelInfo {
    pub size: u32,
    pub model: u32,
    pub name: Str,
    pub version: Str,
    pub deployed_at: Str,
    pub deployed_s: i64,
    pub deployed_ns: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Action {
    pub size: u32,
    pub row: u32,
    pub model: u32,
    pub reserved: u32,
    pub r#type: Str,
    pub rule: Str,
    pub transition: Str,
    pub fields: Str,
}

#[repr(C)]
pub struct Suppression {
    pub size: u32,
    pub row: u32,
    pub model: u32,
    pub has_until: u32,
    pub of: Str,
    pub rule: Str,
    pub why: Str,
    pub until_ns: i64,
    pub fields: Str,
}

#[repr(C)]
pub struct Projection {
    pub size: u32,
    pub r#type: u32,
    pub pointer: Str,
    pub event_type: Str,
}

#[repr(C)]
pub struct Derived {
    pub size: u32,
    pub row: u32,
    pub model: u32,
    pub reserved: u32,
    pub r#type: Str,
    pub fields: Str,
}

#[repr(C)]
pub struct Tick {
    pub size: u32,
    pub reserved: u32,
    pub time_ns: i64,
}

#[repr(C)]
pub struct StateItem {
    pub size: u32,
    pub model: u32,
    pub key: Str,
    pub value: Str,
}

/// The host's side of an instance.
pub type Handle = *mut c_void;
/// The plugin's side of it.
pub type Instance = *mut c_void;

#[repr(C)]
pub struct Services {
    pub size: u32,
    pub abi_minor: u32,
    pub log: unsafe extern "C" fn(Handle, i32, Str),
    pub set_error: unsafe extern "C" fn(Handle, Str),
    pub cancelled: unsafe extern "C" fn(Handle) -> i32,
    pub model_info: unsafe extern "C" fn(Handle, u32, *mut ModelInfo) -> i32,
    pub act: unsafe extern "C" fn(Handle, *const Action) -> i32,
    pub suppress: unsafe extern "C" fn(Handle, *const Suppression) -> i32,
    pub explaining: unsafe extern "C" fn(Handle) -> i32,
    pub state_get: unsafe extern "C" fn(Handle, u32, Str, *mut Str) -> i32,
    pub state_put: unsafe extern "C" fn(Handle, u32, Str, Str) -> i32,
    pub state_delete: unsafe extern "C" fn(Handle, u32, Str) -> i32,
    pub last_action_id: unsafe extern "C" fn(Handle, *mut Str) -> i32,
    pub project: unsafe extern "C" fn(Handle, *const Projection, *mut u32) -> i32,
    pub subscribe: unsafe extern "C" fn(Handle, Str, *mut u32) -> i32,
    pub kind_name: unsafe extern "C" fn(Handle, u32, *mut Str) -> i32,
    pub emit: unsafe extern "C" fn(Handle, *const Derived) -> i32,
    pub counter: unsafe extern "C" fn(Handle, Str, Str, *mut u32) -> i32,
    pub count: unsafe extern "C" fn(Handle, u32, u64) -> i32,
    pub tick_every: unsafe extern "C" fn(Handle, i64) -> i32,
    pub state_scan: unsafe extern "C" fn(Handle, u32) -> i32,
    pub state_next: unsafe extern "C" fn(Handle, *mut StateItem) -> i32,
}

#[repr(C)]
pub struct ObserverRole {
    pub size: u32,
    pub reserved: u32,
    pub create: unsafe extern "C" fn(Handle, *const Services, Str, *mut Instance) -> i32,
    pub on_batch: unsafe extern "C" fn(Instance, *const Batch) -> i32,
    pub finish: Option<unsafe extern "C" fn(Instance) -> i32>,
    pub destroy: unsafe extern "C" fn(Instance),
    pub on_tick: Option<unsafe extern "C" fn(Instance, *const Tick) -> i32>,
    pub migrate: Option<unsafe extern "C" fn(Instance, u32) -> i32>,
    pub explain: Option<unsafe extern "C" fn(Instance, u32, *mut Str) -> i32>,
}

#[repr(C)]
pub struct Endpoint {
    pub size: u32,
    pub flags: u32,
    pub name: Str,
    pub timeout_ms: i64,
    pub retry_initial_ms: i64,
    pub retry_max_ms: i64,
    pub retry_give_up_ms: i64,
    pub rate_limit: i64,
    pub rate_period_ms: i64,
    pub poll_ms: i64,
    pub group_by: Str,
    pub group_wait_ms: i64,
    pub most_at_once: i64,
    pub renew_ms: i64,
    pub fallback: Str,
}

#[repr(C)]
pub struct DeliveryItem {
    pub size: u32,
    pub attempt: u32,
    pub id: Str,
    pub json: Str,
    pub began: Str,
}

#[repr(C)]
pub struct DeliveryResult {
    pub size: u32,
    pub status: u32,
    pub retry_after_ms: i64,
    pub text: Str,
}

#[repr(C)]
pub struct JobReport {
    pub size: u32,
    pub status: u32,
    pub text: Str,
}

#[repr(C)]
pub struct DeliveryServices {
    pub size: u32,
    pub abi_minor: u32,
    pub log: unsafe extern "C" fn(Handle, i32, Str),
    pub set_error: unsafe extern "C" fn(Handle, Str),
    pub cancelled: unsafe extern "C" fn(Handle) -> i32,
    pub add_endpoint: unsafe extern "C" fn(Handle, *const Endpoint) -> i32,
    pub tell: unsafe extern "C" fn(Handle, Str),
    pub try_tell: unsafe extern "C" fn(Handle, Str) -> i32, // 1.2
}

#[repr(C)]
pub struct DeliveryRole {
    pub size: u32,
    pub reserved: u32,
    pub router_create:
        unsafe extern "C" fn(Handle, *const DeliveryServices, Str, *mut Instance) -> i32,
    pub endpoints: unsafe extern "C" fn(Instance) -> i32,
    pub route: unsafe extern "C" fn(Instance, *const DeliveryItem, *mut u32, u32) -> i32,
    pub router_destroy: unsafe extern "C" fn(Instance),
    pub create:
        unsafe extern "C" fn(Handle, *const DeliveryServices, Str, u32, *mut Instance) -> i32,
    pub deliver:
        unsafe extern "C" fn(Instance, *const DeliveryItem, u32, *mut DeliveryResult) -> i32,
    pub destroy: unsafe extern "C" fn(Instance),
    pub describe: Option<unsafe extern "C" fn(Instance, *const DeliveryItem, u32, *mut Str) -> i32>,
    pub poll: Option<unsafe extern "C" fn(Instance, *const DeliveryItem, *mut JobReport) -> i32>,
}

#[repr(C)]
pub struct Class {
    pub size: u32,
    pub state_version: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub summary: *const c_char,
    pub config_schema: *const c_char,
    pub observer: *const ObserverRole,
    pub delivery: *const DeliveryRole,
    pub subscribes: *const c_char,
    pub emits: *const c_char,
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub min_host_minor: u16,
    pub reserved: u16,
    pub n_classes: u32,
    pub classes: *const *const Class,
}

#[repr(C)]
pub struct Loader {
    pub size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub host_version: *const c_char,
    pub error: Option<unsafe extern "C" fn(*const Loader, Str)>,
}

/// An ELF note as it stands in the file.
#[repr(C, align(4))]
pub struct Note<const N: usize> {
    pub owner_size: u32,
    pub json_size: u32,
    pub r#type: u32,
    pub owner: [u8; 8],
    pub json: [u8; N],
}

// Static descriptors: nobody ever writes to them.
unsafe impl Sync for ObserverRole {}
unsafe impl Sync for DeliveryRole {}
unsafe impl Sync for Class {}
unsafe impl Sync for Plugin {}

impl Str {
    pub const EMPTY: Str = Str { ptr: std::ptr::null(), len: 0 };

    pub fn new(text: &str) -> Str {
        Str { ptr: text.as_ptr() as *const c_char, len: text.len() }
    }

    /// The text. Whoever calls says for how long the host keeps it; text of the host is UTF-8, and what
    /// would not be is an empty text.
    ///
    /// # Safety
    /// `ptr` is valid for `len` bytes and `'a`, or `len` is 0.
    pub unsafe fn as_str<'a>(self) -> &'a str {
        if self.len == 0 {
            return "";
        }
        std::str::from_utf8(std::slice::from_raw_parts(self.ptr as *const u8, self.len))
            .unwrap_or("")
    }
}

/// sizeof, as the `size` members want it.
pub const fn size_of<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}
