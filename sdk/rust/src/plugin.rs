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

const fn piece(i: usize, about: [&str; 4]) -> &str {
    match i {
        0 => "{\"abi\":\"1.2\",\"classes\":[{\"id\":\"",
        1 => about[0],
        2 => "\",\"version\":\"",
        3 => about[1],
        4 => "\",\"summary\":\"",
        5 => about[2],
        6 => "\",\"roles\":[",
        7 => about[3],
        _ => "]}]}",
    }
}
const PIECES: usize = 9;

/// The roles of a class, as its note has them.
pub const fn roles(observes: bool, delivers: bool) -> &'static str {
    match (observes, delivers) {
        (true, true) => "\"observer\",\"delivery\"",
        (true, false) => "\"observer\"",
        (false, true) => "\"delivery\"",
        (false, false) => panic!("a class has an observer, a delivery, or both"),
    }
}

/// The length of the JSON of `note`.
pub const fn note_len(about: [&str; 4]) -> usize {
    let (mut len, mut i) = (0, 0);
    while i < PIECES {
        len += piece(i, about).len();
        i += 1;
    }
    len
}

/// The same with what fills it up to a multiple of four.
pub const fn padded_note_len(about: [&str; 4]) -> usize {
    (note_len(about) + 3) / 4 * 4
}

/// The note of `<mlmon/note.h>` for a class of this id, version, summary and roles.
pub const fn note<const N: usize>(about: [&str; 4]) -> abi::Note<N> {
    let mut json = [0; N];
    let (mut at, mut i) = (0, 0);
    while i < PIECES {
        let bytes = piece(i, about).as_bytes();
        let mut k = 0;
        while k < bytes.len() {
            let ours = i % 2 == 0 || i == 7;
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

/// Once in a plugin: what it is, and who its observer, its router and its endpoint are. All texts are constants;
/// what has a `?` may be left out, and stands in this order. A class observes, delivers, or does both.
///
/// ```ignore
/// mlmon::export_plugin! {
///     observer: LowRecall,           // ?
///     delivery: (ToCsv, CsvFile),    // ? a Router and an Endpoint
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
        $(observer: $observer:ty,)?
        $(delivery: ($router:ty, $endpoint:ty),)?
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

            const OBSERVES: bool = false $(|| !stringify!($observer).is_empty())?;
            const DELIVERS: bool = false $(|| !stringify!($router).is_empty())?;
            const ABOUT: [&str; 4] = [$id, $version, $summary, plugin::roles(OBSERVES, DELIVERS)];

            macro_rules! text {
                ($text:expr) => {{
                    static TEXT: [u8; { $text.len() + 1 }] = plugin::with_nul($text);
                    TEXT.as_ptr() as *const ::std::os::raw::c_char
                }};
                () => {
                    ::std::ptr::null()
                };
            }

            macro_rules! role {
                ($table:ty, $made:expr) => {{
                    static ROLE: $table = $made;
                    &ROLE as *const $table
                }};
                () => {
                    ::std::ptr::null()
                };
            }

            static CLASS: abi::Class = abi::Class {
                size: abi::size_of::<abi::Class>(),
                state_version: 0 $(+ $state_version)?,
                id: text!($id),
                version: text!($version),
                summary: text!($summary),
                config_schema: text!($($schema)?),
                observer: role!($(abi::ObserverRole, $crate::observer::role::<$observer>())?),
                delivery: role!($(abi::DeliveryRole, $crate::delivery::role::<$router, $endpoint>())?),
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

            $(impl $crate::testing::Exported for $observer {
                fn class() -> &'static abi::Class {
                    &CLASS
                }
            })?

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
