//! What an observer asks of the host.

use std::marker::PhantomData;

use crate::abi;
use crate::batch::{Event, Model};
use crate::error::{check, Error};
use crate::text::Fields;

/// Levels of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Debug = abi::LOG_DEBUG as isize,
    Info = abi::LOG_INFO as isize,
    Warn = abi::LOG_WARN as isize,
    Error = abi::LOG_ERROR as isize,
}

/// A model for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo<'h> {
    pub name: &'h str,
    pub version: &'h str,
    /// RFC 3339, UTC.
    pub deployed_at: &'h str,
}

/// Event time has moved to this multiple of the period that the observer asked for, or past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// Since 1970.
    pub time_ns: i64,
}

/// What something is decided about, and because of what: `&event`, or `(&tick, model)`.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    row: u32,
    model: Model,
}

impl Cause {
    /// Because of the event, about another model than its own.
    pub fn about(event: &Event<'_>, model: Model) -> Cause {
        Cause { row: event.row() as u32, model }
    }
}

impl From<&Event<'_>> for Cause {
    fn from(event: &Event<'_>) -> Cause {
        Cause::about(event, event.model())
    }
}

impl From<(&Tick, Model)> for Cause {
    fn from((_, model): (&Tick, Model)) -> Cause {
        Cause { row: 0, model }
    }
}

/// A counter of the receipt.
#[derive(Debug, Clone, Copy)]
pub struct Counter(pub(crate) u32);

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub model: Model,
    pub key: String,
    pub value: String,
}

/// Whose state is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    One(Model),
    EveryModel,
}

/// The services of the host, during a call of the observer.
pub struct Host<'h> {
    pub(crate) handle: abi::Handle,
    pub(crate) services: &'h abi::Services,
    _not_for_other_threads: PhantomData<*const ()>,
}

impl<'h> Host<'h> {
    /// # Safety
    /// Both are what the host gave to `create`, the instance lives for `'h`, and the caller is on its thread.
    pub unsafe fn new(handle: abi::Handle, services: &'h abi::Services) -> Host<'h> {
        Host { handle, services, _not_for_other_threads: PhantomData }
    }

    /// One line for mlmon's log, on stderr.
    pub fn log(&self, level: Level, text: &str) {
        // SAFETY, here and below: the services are the host's, texts are valid for the call.
        unsafe { (self.services.log)(self.handle, level as i32, abi::Str::new(text)) }
    }

    /// The process is shutting down.
    pub fn cancelled(&self) -> bool {
        unsafe { (self.services.cancelled)(self.handle) != 0 }
    }

    pub fn model(&self, model: Model) -> Result<ModelInfo<'h>, Error> {
        let mut info = abi::ModelInfo {
            size: abi::size_of::<abi::ModelInfo>(),
            model: 0,
            name: abi::Str::EMPTY,
            version: abi::Str::EMPTY,
            deployed_at: abi::Str::EMPTY,
            deployed_s: 0,
            deployed_ns: 0,
            reserved: 0,
        };
        // Texts are valid until destroy, which is later than 'h.
        unsafe {
            check((self.services.model_info)(self.handle, model.0, &mut info))?;
            Ok(ModelInfo {
                name: info.name.as_str(),
                version: info.version.as_str(),
                deployed_at: info.deployed_at.as_str(),
            })
        }
    }

    /// Decides. `kind` is "alert", "retrain" or a type of your own, `rule` what decided. True: the very
    /// same was decided in an earlier run, and what it asked for has ended since.
    pub fn act(
        &mut self,
        cause: impl Into<Cause>,
        kind: &str,
        rule: &str,
        fields: &Fields,
    ) -> Result<bool, Error> {
        self.act_as(cause, kind, rule, "", fields)
    }

    /// The same for a rule that has states: `transition` is the new one, e.g. "firing".
    pub fn act_as(
        &mut self,
        cause: impl Into<Cause>,
        kind: &str,
        rule: &str,
        transition: &str,
        fields: &Fields,
    ) -> Result<bool, Error> {
        let cause = cause.into();
        let action = abi::Action {
            size: abi::size_of::<abi::Action>(),
            row: cause.row,
            model: cause.model.0,
            reserved: 0,
            r#type: abi::Str::new(kind),
            rule: abi::Str::new(rule),
            transition: abi::Str::new(transition),
            fields: abi::Str::new(fields.as_str()),
        };
        let result = unsafe { (self.services.act)(self.handle, &action) };
        check(result)?;
        Ok(result == abi::ENDED)
    }

    /// The id of the action that was decided last.
    pub fn last_action_id(&self) -> Result<String, Error> {
        let mut id = abi::Str::EMPTY;
        unsafe {
            check((self.services.last_action_id)(self.handle, &mut id))?;
            Ok(id.as_str().to_string())
        }
    }

    /// Tells what `of` (a type of action) was held back, why and until when. Build fields only if
    /// `explaining`.
    pub fn suppress(
        &mut self,
        cause: impl Into<Cause>,
        of: &str,
        rule: &str,
        why: &str,
        until_ns: Option<i64>,
        fields: &Fields,
    ) -> Result<(), Error> {
        let cause = cause.into();
        let held = abi::Suppression {
            size: abi::size_of::<abi::Suppression>(),
            row: cause.row,
            model: cause.model.0,
            has_until: u32::from(until_ns.is_some()),
            of: abi::Str::new(of),
            rule: abi::Str::new(rule),
            why: abi::Str::new(why),
            until_ns: until_ns.unwrap_or(0),
            fields: abi::Str::new(fields.as_str()),
        };
        check(unsafe { (self.services.suppress)(self.handle, &held) })
    }

    /// Suppressions are shown, so that their fields are worth building.
    pub fn explaining(&self) -> bool {
        unsafe { (self.services.explaining)(self.handle) != 0 }
    }

    /// Makes an event for the observers that stand behind this one. `kind`: one of the class's `emits`.
    pub fn emit(
        &mut self,
        cause: impl Into<Cause>,
        kind: &str,
        fields: &Fields,
    ) -> Result<(), Error> {
        let cause = cause.into();
        let derived = abi::Derived {
            size: abi::size_of::<abi::Derived>(),
            row: cause.row,
            model: cause.model.0,
            reserved: 0,
            r#type: abi::Str::new(kind),
            fields: abi::Str::new(fields.as_str()),
        };
        check(unsafe { (self.services.emit)(self.handle, &derived) })
    }

    pub fn count(&self, counter: Counter, more: u64) {
        unsafe { (self.services.count)(self.handle, counter.0, more) };
    }

    /// What is kept of a model under a key, over restarts.
    pub fn kept(&mut self, model: Model, key: &str) -> Result<Option<&str>, Error> {
        let mut value = abi::Str::EMPTY;
        let result = unsafe {
            (self.services.state_get)(self.handle, model.0, abi::Str::new(key), &mut value)
        };
        if result == abi::E_NOT_FOUND {
            return Ok(None);
        }
        check(result)?;
        // Valid until the next state_ call, and all of these borrow self.
        Ok(Some(unsafe { value.as_str() }))
    }

    /// A change is durable together with the events that it belongs to, or not at all.
    pub fn keep(&mut self, model: Model, key: &str, value: &str) -> Result<(), Error> {
        let (key, value) = (abi::Str::new(key), abi::Str::new(value));
        check(unsafe { (self.services.state_put)(self.handle, model.0, key, value) })
    }

    pub fn forget(&mut self, model: Model, key: &str) -> Result<(), Error> {
        check(unsafe { (self.services.state_delete)(self.handle, model.0, abi::Str::new(key)) })
    }

    /// All that is kept, in the order of name, version, deployed_at and key.
    pub fn all_kept(&mut self, scope: Scope) -> Result<Vec<Kept>, Error> {
        let model = match scope {
            Scope::One(model) => model.0,
            Scope::EveryModel => abi::EVERY_MODEL,
        };
        check(unsafe { (self.services.state_scan)(self.handle, model) })?;
        let mut all = Vec::new();
        let size = abi::size_of::<abi::StateItem>();
        let mut item =
            abi::StateItem { size, model: 0, key: abi::Str::EMPTY, value: abi::Str::EMPTY };
        loop {
            let result = unsafe { (self.services.state_next)(self.handle, &mut item) };
            if result == abi::E_NOT_FOUND {
                return Ok(all);
            }
            check(result)?;
            let (key, value) = unsafe { (item.key.as_str(), item.value.as_str()) };
            all.push(Kept { model: Model(item.model), key: key.into(), value: value.into() });
        }
    }

    /// The type of an event.
    pub fn kind_name(&self, event: &Event<'_>) -> Result<&'h str, Error> {
        let mut name = abi::Str::EMPTY;
        let kind = event.raw_kind();
        unsafe {
            check((self.services.kind_name)(self.handle, kind, &mut name))?;
            Ok(name.as_str())
        }
    }

    pub(crate) fn set_error(&self, text: &str) {
        unsafe { (self.services.set_error)(self.handle, abi::Str::new(text)) }
    }
}
