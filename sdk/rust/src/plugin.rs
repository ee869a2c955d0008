//! What a plugin exports: descriptor, ELF note, entry.

use crate::abi;

/// The text with a NUL behind it. `N` is its length with that.
pub const fn with_nul<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        assert!(bytes[i] != 0, "a text of the class has a NUL in it");
        out[i] = bytes[i];
        i += 1;
    }
    out
}

const fn piece(i: usize, about: [&str; 3]) -> &str {
    match i {
        0 => "{\"abi\":\"1.2\",\"classes\":[{\"id\":\"",
        1 => about[0],
        2 => "\",\"version\":\"",
        3 => about[1],
        4 => "\",\"summary\":\"",
        5 => about[2],
        _ => "\",\"roles\":[\"observer\"]}]}",
    }
}
const PIECES: usize = 7;

/// The length of the JSON of `note`.
pub const fn note_len(about: [&str; 3]) -> usize {
    let (mut len, mut i) = (0, 0);
    while i < PIECES {
        len += piece(i, about).len();
        i += 1;
    }
    len
}

/// The same with what fills it up to a multiple of four.
pub const fn padded_note_len(about: [&str; 3]) -> usize {
    (note_len(about) + 3) / 4 * 4
}

/// The note of `<mlmon/note.h>` for a class of this id, version and summary.
pub const fn note<const N: usize>(about: [&str; 3]) -> abi::Note<N> {
    let mut json = [0; N];
    let (mut at, mut i) = (0, 0);
    while i < PIECES {
        let bytes = piece(i, about).as_bytes();
        let mut k = 0;
        while k < bytes.len() {
            let ours = i % 2 == 0;
            assert!(
                ours || (bytes[k] >= 0x20 && bytes[k] != b'"' && bytes[k] != b'\\'),
                "id, version and summary have no quotes, backslashes and control characters"
            );
            json[at] = bytes[k];
            at += 1;
            k += 1;
        }
        i += 1;
    }
    abi::Note {
        owner_size: 6,
        json_size: note_len(about) as u32,
        r#type: abi::NOTE_TYPE,
        owner: *b"mlmon\0\0\0",
        json,
    }
}

/// Once in a plugin: what it is and who its observer is. All texts are constants; those with `?` may be
/// left out, and stand in this order.
///
/// ```ignore
/// mlmon::export_plugin! {
///     observer: LowRecall,
///     id: "org.example.low_recall", // reverse DNS, unique
///     version: env!("CARGO_PKG_VERSION"),
///     summary: "alerts at every event with a low recall",
///     schema: include_str!("schema.json"), // ? of its configuration
///     subscribes: "metrics",               // ? types of events, separated by spaces
///     emits: "",                           // ? of derived events
///     state_version: 1,                    // ? the form of what it keeps
/// }
/// ```
#[macro_export]
macro_rules! export_plugin {
    (
        observer: $observer:ty,
        id: $id:expr,
        version: $version:expr,
        summary: $summary:expr
        $(, schema: $schema:expr)?
        $(, subscribes: $subscribes:expr)?
        $(, emits: $emits:expr)?
        $(, state_version: $state_version:expr)?
        $(,)?
    ) => {
        const _: () = {
            use $crate::{abi, plugin};

            const ABOUT: [&str; 3] = [$id, $version, $summary];

            macro_rules! text {
                ($text:expr) => {{
                    static TEXT: [u8; { $text.len() + 1 }] = plugin::with_nul($text);
                    TEXT.as_ptr() as *const ::std::os::raw::c_char
                }};
                () => {
                    ::std::ptr::null()
                };
            }

            static ROLE: abi::ObserverRole = $crate::observer::role::<$observer>();
            static CLASS: abi::Class = abi::Class {
                size: abi::size_of::<abi::Class>(),
                state_version: 0 $(+ $state_version)?,
                id: text!($id),
                version: text!($version),
                summary: text!($summary),
                config_schema: text!($($schema)?),
                observer: &ROLE,
                delivery: ::std::ptr::null(),
                subscribes: text!($($subscribes)?),
                emits: text!($($emits)?),
            };
            #[repr(transparent)]
            struct Classes([*const abi::Class; 1]);
            unsafe impl Sync for Classes {}
            static CLASSES: Classes = Classes([&CLASS]);
            static PLUGIN: abi::Plugin = abi::Plugin {
                size: abi::size_of::<abi::Plugin>(),
                abi_major: abi::ABI_MAJOR,
                abi_minor: abi::ABI_MINOR,
                min_host_minor: abi::OLDEST_HOST_MINOR,
                reserved: 0,
                n_classes: 1,
                classes: &CLASSES as *const Classes as *const *const abi::Class,
            };

            #[used]
            #[link_section = ".note.mlmon"]
            static NOTE: abi::Note<{ plugin::padded_note_len(ABOUT) }> = plugin::note(ABOUT);

            #[no_mangle]
            pub extern "C" fn mlmon_plugin_entry_v1(_: *const abi::Loader) -> *const abi::Plugin {
                &PLUGIN
            }
        };
    };
}
