//! A host for unit tests: an observer is created with a configuration, gets events, and what it decided, counted and
//! kept can be read. Of mlmon nothing runs.
//!
//! It holds the observer to the rules of the host: what may be called when, ticks, undoing what a failed call kept. Less
//! than in mlmon: of a configuration only unknown keys are refused, and defaults are those of the schema's outermost
//! `properties`; of an event only type, model and time are checked, `features` are not looked into, and ids are made
//! up. `mlmon plugin test` and `mlmon plugin check` do the rest.
//!
//! ```ignore
//! let mut host = mlmon::testing::Host::of::<Low>(r#"{"below":0.8}"#)?;
//! host.feed(&mlmon::testing::event("metrics", "fraud", "2026-02-01T08:00:00Z", r#""metrics":{"auc":0.7}"#))?;
//! assert_eq!(host.actions()[0].state, "firing");
//! ```

mod batch;
mod line;
mod services;
mod state;

use std::ptr;

use crate::abi;
use crate::error::Error;
use crate::json::Json;
use crate::text::{format_time, Fields};
use batch::Columns;
use line::{members, resolve, Line};
use state::{Phase, State};

/// An observer that `export_plugin!` names, with what it says of its class.
pub trait Exported {
    #[doc(hidden)]
    fn class() -> &'static abi::Class;
}

/// An action, a suppression or an event that was emitted; what does not apply is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Of a suppression: of the action that was held back.
    pub kind: String,
    pub rule: String,
    pub state: String,
    pub why: String,
    /// One JSON object.
    pub fields: String,
    pub model: String,
    pub version: String,
    pub deployed_at: String,
    /// Of the event, or of the tick.
    pub time_ns: i64,
    /// Of a suppression.
    pub until_ns: Option<i64>,
    /// Of all lines that the host was fed, from 1; 0: a tick.
    pub line: u64,
}

impl Decision {
    /// The time as RFC 3339.
    pub fn time(&self) -> String {
        format_time(self.time_ns)
    }
}

/// One line: an event of a model called so, version 1.0.0. `members`: the inside of a JSON object.
pub fn event(kind: &str, model: &str, time: &str, members: &str) -> String {
    let at = match kind {
        "metrics" => "captured_at",
        "drift" => "detected_at",
        _ => "at",
    };
    let (mut of, mut line) = (Fields::new(), Fields::new());
    of.text("name", model).text("version", "1.0.0").text("deployed_at", "2026-01-01T00:00:00Z");
    line.text("type", kind).json("model", of.as_str()).text(at, time);
    let mut text = line.as_str().to_string();
    if !members.is_empty() {
        text.insert_str(text.len() - 1, &format!(",{}", members));
    }
    text + "\n"
}

/// One observer and its host. After a call that failed nothing more is called.
pub struct Host {
    class: &'static abi::Class,
    config: String,
    state: *mut State, // ours; the observer's handle, so that no reference to it is held over a call
    instance: abi::Instance,
    now_ns: Option<i64>,
    lines: u64, // that it was fed
    bytes: u64,
}

impl Host {
    /// `config`: the observer's own keys as JSON.
    pub fn of<T: Exported>(config: &str) -> Result<Host, Error> {
        let class = T::class();
        let mut host = Host {
            class,
            config: fill_in(text_of(class.config_schema), config)?,
            state: Box::into_raw(Box::new(State::new(
                text_of(class.subscribes),
                text_of(class.emits),
            ))),
            instance: ptr::null_mut(),
            now_ns: None,
            lines: 0,
            bytes: 0,
        };
        host.create()?;
        Ok(host)
    }

    /// Events, one JSON object a line: one batch, but that it is cut at ticks.
    pub fn feed(&mut self, lines: &str) -> Result<(), Error> {
        self.state().failed()?;
        let mut events = Vec::new();
        for whole in lines.split_inclusive('\n') {
            let text = whole.trim_end_matches('\n');
            self.lines += 1;
            if !text.is_empty() {
                let (line, offset) = (self.lines, self.bytes);
                events.push(Line::read(text, line, offset, self.state_mut())?);
            }
            self.bytes += whole.len() as u64;
        }
        let mut begin = 0;
        for i in 0..events.len() {
            if !events[i].seen || events[i].kind == abi::KIND_JOB {
                continue;
            }
            let (time, period) = (events[i].time_ns, self.state().period_ns);
            if let (Some(now), true) = (self.now_ns, period > 0) {
                let tick = time.div_euclid(period) * period;
                if tick > now.div_euclid(period) * period {
                    self.batch(&events[begin..i])?;
                    self.tick(tick)?;
                    begin = i;
                }
            }
            self.now_ns = self.now_ns.max(Some(time));
        }
        self.batch(&events[begin..])
    }

    /// The input has ended.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.state().failed()?;
        let (finish, instance) = (self.role().finish, self.instance);
        self.call(Phase::Reading, || finish.map_or(0, |finish| unsafe { finish(instance) }))
    }

    /// Ends the instance and begins another from what it kept, as the next run of mlmon does. Models have other
    /// handles then.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.finish()?;
        self.destroy();
        self.state_mut().renumber();
        self.create()
    }

    /// As if what is kept were of an older `state_version`.
    pub fn migrate(&mut self, from_version: u32) -> Result<(), Error> {
        self.state().failed()?;
        let (migrate, instance) = (self.role().migrate.expect("Observer has it"), self.instance);
        self.call(Phase::Migrating, || unsafe { migrate(instance, from_version) })
    }

    /// What it says of a model, by its name.
    pub fn explain(&mut self, model: &str) -> Result<String, Error> {
        self.state().failed()?;
        let model = self.state().model_named(model).unwrap_or(abi::EVERY_MODEL);
        let (explain, instance) = (self.role().explain.expect("Observer has it"), self.instance);
        let mut said = abi::Str::EMPTY;
        self.call(Phase::Reading, || unsafe { explain(instance, model, &mut said) })?;
        Ok(unsafe { said.as_str() }.to_string())
    }

    /// Whether suppressions are shown, so that their fields are worth building.
    pub fn set_explaining(&mut self, explaining: bool) {
        self.state_mut().explaining = explaining;
    }

    pub fn actions(&self) -> &[Decision] {
        &self.state().decided.actions
    }

    pub fn suppressed(&self) -> &[Decision] {
        &self.state().decided.suppressed
    }

    pub fn emitted(&self) -> &[Decision] {
        &self.state().decided.emitted
    }

    /// A number of the receipt.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let at = self.state().counters.iter().position(|counter| counter == name)?;
        Some(self.state().decided.counts[at])
    }

    /// What is kept of the model with this name; "": of none.
    pub fn kept(&self, model: &str, key: &str) -> Option<&str> {
        let model = if model.is_empty() { 0 } else { self.state().model_named(model)? };
        self.state().decided.kept.get(&(model, key.to_string())).map(|value| &**value)
    }

    /// Keeps a text, as if a run before this one had. The model has been seen.
    pub fn keep(&mut self, model: &str, key: &str, value: &str) {
        let model = if model.is_empty() { Some(0) } else { self.state().model_named(model) };
        self.state_mut().put(model.expect("a model that was seen"), key, value);
    }

    pub fn log(&self) -> &[String] {
        &self.state().log
    }

    fn role(&self) -> &'static abi::ObserverRole {
        unsafe { &*self.class.observer }
    }

    fn state(&self) -> &State {
        // SAFETY, here and below: it lives as long as self, and nobody else uses it between calls.
        unsafe { &*self.state }
    }

    fn state_mut(&mut self) -> &mut State {
        unsafe { &mut *self.state }
    }

    fn create(&mut self) -> Result<(), Error> {
        self.state_mut().begin_instance();
        let (role, handle) = (self.role(), self.state as abi::Handle);
        let (config, mut instance) = (abi::Str::new(&self.config), ptr::null_mut());
        let result = self.call(Phase::Creating, || unsafe {
            (role.create)(handle, &services::TABLE, config, &mut instance)
        });
        self.instance = instance;
        result
    }

    fn batch(&mut self, events: &[Line]) -> Result<(), Error> {
        if !events.iter().any(|event| event.seen) {
            return Ok(());
        }
        let columns = Columns::of(events, self.state());
        self.state_mut().rows = events.iter().map(|event| (event.time_ns, event.line)).collect();
        let (on_batch, instance) = (self.role().on_batch, self.instance);
        self.call(Phase::Deciding, || unsafe { on_batch(instance, columns.batch()) })
    }

    fn tick(&mut self, time_ns: i64) -> Result<(), Error> {
        self.state_mut().rows = vec![(time_ns, 0)];
        let tick = abi::Tick { size: abi::size_of::<abi::Tick>(), reserved: 0, time_ns };
        let (on_tick, instance) = (self.role().on_tick.expect("Observer has it"), self.instance);
        let decided = &self.state().decided;
        let before = [&decided.actions, &decided.suppressed, &decided.emitted].map(Vec::len);
        self.call(Phase::Deciding, || unsafe { on_tick(instance, &tick) })?;
        let sort = |all: &mut Vec<Decision>, begin: usize| {
            all[begin..].sort_by(|a, b| {
                (&a.model, &a.version, &a.deployed_at).cmp(&(&b.model, &b.version, &b.deployed_at))
            });
        };
        let decided = &mut self.state_mut().decided;
        sort(&mut decided.actions, before[0]);
        sort(&mut decided.suppressed, before[1]);
        sort(&mut decided.emitted, before[2]);
        Ok(())
    }

    /// What a call that fails decided, kept and counted does not count.
    fn call(&mut self, phase: Phase, work: impl FnOnce() -> i32) -> Result<(), Error> {
        let before = self.state().decided.clone();
        self.state_mut().phase = phase;
        let code = work();
        let state = self.state_mut();
        state.phase = Phase::Idle;
        state.rows.clear();
        if code < 0 {
            state.fail(code, "");
        }
        let result = state.failed();
        if result.is_err() {
            state.decided = before;
        }
        result
    }

    fn destroy(&mut self) {
        if !self.instance.is_null() {
            unsafe { (self.role().destroy)(self.instance) };
            self.instance = ptr::null_mut();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.destroy();
        drop(unsafe { Box::from_raw(self.state) });
    }
}

fn text_of(text: *const std::os::raw::c_char) -> Option<&'static str> {
    if text.is_null() {
        return None;
    }
    unsafe { std::ffi::CStr::from_ptr(text) }.to_str().ok()
}

/// The configuration with the defaults of the schema's properties.
fn fill_in(schema: Option<&str>, config: &str) -> Result<String, Error> {
    let schema = schema.unwrap_or(r#"{"additionalProperties":false}"#);
    let properties = resolve(schema, "/properties").and_then(members).unwrap_or_default();
    let closed = resolve(schema, "/additionalProperties") == Some("false");
    let object = config.trim_start().starts_with('{') && Json::parse(config).is_ok();
    let given = members(config).filter(|_| object);
    let given = given.ok_or_else(|| Error::config("the configuration: expected a JSON object"))?;
    let mut full = Fields::new();
    for (name, value) in &given {
        if closed && properties.iter().all(|(known, _)| known != name) {
            return Err(Error::config(format!("{}: unknown key", name)));
        }
        full.json(name, value);
    }
    for (name, about) in &properties {
        if given.iter().all(|(key, _)| key != name) {
            resolve(about, "/default").map(|value| full.json(name, value));
        }
    }
    Ok(full.as_str().to_string())
}
