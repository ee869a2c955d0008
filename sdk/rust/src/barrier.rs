//! The border between the plugin and the host: no error and no panic crosses it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::error::Error;

#[cfg(panic = "abort")]
compile_error!("a panic of a plugin must not end mlmon: build with panic = \"unwind\"");

/// Runs `work`; an error or a panic becomes its code, and its text the host's.
pub(crate) fn guarded(set_error: impl Fn(&str), work: impl FnOnce() -> Result<i32, Error>) -> i32 {
    caught(work).unwrap_or_else(|error| {
        if !error.text.is_empty() {
            set_error(&error.text);
        }
        error.code
    })
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) }; // of a call of the host
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) }; // of the last panic there
}

/// A panic inside is an error that says where, and is told by the host; outside, on a thread of the
/// plugin's own, it is told as ever. A plugin has a runtime of its own, and so a hook of its own.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.with(Cell::get) {
                return before(info);
            }
            let place = info
                .location()
                .map_or(String::new(), |at| format!("{}:{}: ", at.file(), at.line()));
            PLACE.with(|last| last.replace(place));
        }));
    });
    let was_inside = INSIDE.with(|inside| inside.replace(true));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.with(|inside| inside.set(was_inside));
    result.unwrap_or_else(|payload| {
        let place = PLACE.with(RefCell::take);
        let text = format!("{}panicked: {}", place, text_of(&*payload));
        std::mem::forget(payload); // whose destructor could panic again
        Err(Error::from(text))
    })
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "with something that is no text",
    }
}
