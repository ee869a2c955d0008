//! Errors and panics of an observer reach the host as codes with a text, and nothing else does.

use std::os::raw::c_void;
use std::ptr;

use mlmon::{abi, Batch, Error, Fields, Host, Model, Observer, Scope, Setup, Tick};

/// What the host was told, and what it is to answer.
#[derive(Default)]
struct FakeHost {
    error: Option<String>,
    actions: Vec<String>,
    kept: Option<String>,
    answer: i32,
}

unsafe fn host<'a>(handle: abi::Handle) -> &'a mut FakeHost {
    &mut *(handle as *mut FakeHost)
}

unsafe extern "C" fn log(_: abi::Handle, _: i32, _: abi::Str) {}
unsafe extern "C" fn set_error(handle: abi::Handle, text: abi::Str) {
    host(handle).error = Some(text.as_str().to_string());
}
unsafe extern "C" fn zero(_: abi::Handle) -> i32 {
    0
}
unsafe extern "C" fn model_info(_: abi::Handle, _: u32, _: *mut abi::ModelInfo) -> i32 {
    abi::E_NOT_FOUND
}
unsafe extern "C" fn act(handle: abi::Handle, action: *const abi::Action) -> i32 {
    let action = &*action;
    let text = format!(
        "{} {} {} {}",
        action.row,
        action.model,
        action.rule.as_str(),
        action.fields.as_str()
    );
    host(handle).actions.push(text);
    host(handle).answer
}
unsafe extern "C" fn suppress(_: abi::Handle, _: *const abi::Suppression) -> i32 {
    0
}
unsafe extern "C" fn state_get(
    handle: abi::Handle,
    _: u32,
    _: abi::Str,
    value: *mut abi::Str,
) -> i32 {
    match &host(handle).kept {
        Some(text) => {
            *value = abi::Str::new(text);
            0
        }
        None => abi::E_NOT_FOUND,
    }
}
unsafe extern "C" fn state_put(handle: abi::Handle, _: u32, _: abi::Str, value: abi::Str) -> i32 {
    host(handle).kept = Some(value.as_str().to_string());
    0
}
unsafe extern "C" fn state_delete(handle: abi::Handle, _: u32, _: abi::Str) -> i32 {
    host(handle).kept = None;
    0
}
unsafe extern "C" fn last_action_id(_: abi::Handle, id: *mut abi::Str) -> i32 {
    *id = abi::Str::new("ID");
    0
}
unsafe extern "C" fn project(_: abi::Handle, _: *const abi::Projection, column: *mut u32) -> i32 {
    *column = 0;
    0
}
unsafe extern "C" fn subscribe(_: abi::Handle, _: abi::Str, _: *mut u32) -> i32 {
    0
}
unsafe extern "C" fn kind_name(_: abi::Handle, _: u32, _: *mut abi::Str) -> i32 {
    0
}
unsafe extern "C" fn emit(_: abi::Handle, _: *const abi::Derived) -> i32 {
    0
}
unsafe extern "C" fn counter(_: abi::Handle, _: abi::Str, _: abi::Str, _: *mut u32) -> i32 {
    0
}
unsafe extern "C" fn count(_: abi::Handle, _: u32, _: u64) -> i32 {
    0
}
unsafe extern "C" fn tick_every(_: abi::Handle, _: i64) -> i32 {
    0
}
unsafe extern "C" fn state_scan(_: abi::Handle, _: u32) -> i32 {
    0
}
unsafe extern "C" fn state_next(_: abi::Handle, _: *mut abi::StateItem) -> i32 {
    abi::E_NOT_FOUND
}

static SERVICES: abi::Services = abi::Services {
    size: abi::size_of::<abi::Services>(),
    abi_minor: 1,
    log,
    set_error,
    cancelled: zero,
    model_info,
    act,
    suppress,
    explaining: zero,
    state_get,
    state_put,
    state_delete,
    last_action_id,
    project,
    subscribe,
    kind_name,
    emit,
    counter,
    count,
    tick_every,
    state_scan,
    state_next,
};

/// Does in each call what its configuration names for it.
struct Puppet {
    acts: String,
    dies_in_drop: bool,
}

fn play(what: &str) -> Result<(), Error> {
    match what {
        "fail" => Err("it failed".into()),
        "panic" => panic!("it {}", "panicked"),
        _ => Ok(()),
    }
}

impl Observer for Puppet {
    fn create(setup: &mut Setup) -> Result<Self, Error> {
        play(setup.config().get("create").map_or(Ok(""), |json| json.as_text())?)?;
        let acts = setup.config().text("on_batch")?.to_string();
        Ok(Puppet { acts, dies_in_drop: setup.config().get("drop").is_some() })
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            host.act(&event, "alert", "rule", Fields::new().number("f1", event.f1()))?;
            host.keep(event.model(), "key", "value")?;
            assert_eq!(host.kept(event.model(), "key")?, Some("value"));
            host.forget(Model::NONE, "key")?;
            assert_eq!(host.kept(event.model(), "key")?, None);
            assert_eq!(host.all_kept(Scope::EveryModel)?, []);
            assert!(host.model(event.model()).is_err());
        }
        play(&self.acts)
    }

    fn on_tick(&mut self, _: &Tick, _: &mut Host) -> Result<(), Error> {
        play(&self.acts)
    }

    fn explain(&mut self, model: Model, _: &mut Host) -> Result<String, Error> {
        play(&self.acts)?;
        Ok(format!(r#"{{"notes":["{:?}"]}}"#, model))
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        if self.dies_in_drop {
            panic!("in drop");
        }
    }
}

const ROLE: abi::ObserverRole = mlmon::observer::role::<Puppet>();

fn create(config: &str, host: &mut FakeHost) -> (i32, abi::Instance) {
    let mut instance: *mut c_void = ptr::null_mut();
    let handle = host as *mut FakeHost as abi::Handle;
    let result = unsafe { (ROLE.create)(handle, &SERVICES, abi::Str::new(config), &mut instance) };
    (result, instance)
}

/// Two events at rows 0 and 2 of three.
fn with_batch<R>(work: impl FnOnce(*const abi::Batch) -> R) -> R {
    let (f1, models, selected) = ([0.5, 0.6, 0.7], [7u32, 8, 9], [0u32, 2]);
    // SAFETY: all of a batch may be zero.
    let mut batch: abi::Batch = unsafe { std::mem::zeroed() };
    batch.size = abi::size_of::<abi::Batch>();
    batch.rows = 3;
    batch.count = 2;
    batch.sel = selected.as_ptr();
    batch.model = models.as_ptr();
    batch.f1 = f1.as_ptr();
    work(&batch)
}

#[test]
fn events_come_by_the_selection_and_actions_go_to_the_host() {
    let mut host = FakeHost::default();
    let (result, instance) = create(r#"{"on_batch":""}"#, &mut host);
    assert_eq!(result, abi::OK);
    assert_eq!(with_batch(|batch| unsafe { (ROLE.on_batch)(instance, batch) }), abi::OK);
    assert_eq!(host.actions, [r#"0 7 rule {"f1":0.5}"#, r#"2 9 rule {"f1":0.7}"#]);
    assert_eq!(unsafe { ROLE.finish.unwrap()(instance) }, abi::OK);
    unsafe { (ROLE.destroy)(instance) };
    assert_eq!(host.error, None);
}

#[test]
fn an_error_of_create_names_the_key_and_gives_no_instance() {
    let mut host = FakeHost::default();
    let (result, instance) = create("{}", &mut host);
    assert_eq!((result, instance.is_null()), (abi::E_CONFIG, true));
    assert_eq!(host.error.as_deref(), Some("on_batch: is missing"));
}

#[test]
fn a_panic_of_create_is_an_error_with_its_place() {
    let mut host = FakeHost::default();
    let (result, instance) = create(r#"{"create":"panic"}"#, &mut host);
    assert_eq!((result, instance.is_null()), (abi::E_FAILED, true));
    let error = host.error.unwrap();
    assert!(error.starts_with("tests/barrier.rs:"), "{}", error);
    assert!(error.ends_with(": panicked: it panicked"), "{}", error);
}

#[test]
fn an_error_or_a_panic_of_any_call_is_told_to_the_host() {
    for (what, text) in [("fail", "it failed"), ("panic", "panicked: it panicked")] {
        let mut host = FakeHost::default();
        let (_, instance) = create(&format!(r#"{{"on_batch":"{}"}}"#, what), &mut host);
        let tick = abi::Tick { size: abi::size_of::<abi::Tick>(), reserved: 0, time_ns: 5 };
        let calls: [&dyn Fn() -> i32; 3] = [
            &|| with_batch(|batch| unsafe { (ROLE.on_batch)(instance, batch) }),
            &|| unsafe { ROLE.on_tick.unwrap()(instance, &tick) },
            &|| unsafe { ROLE.explain.unwrap()(instance, 1, &mut abi::Str::new("")) },
        ];
        for call in calls {
            host.error = None;
            assert_eq!(call(), abi::E_FAILED);
            assert!(host.error.take().unwrap().ends_with(text));
        }
        unsafe { (ROLE.destroy)(instance) };
    }
}

#[test]
fn what_it_explains_lives_until_the_next_call() {
    let mut host = FakeHost::default();
    let (_, instance) = create(r#"{"on_batch":""}"#, &mut host);
    let mut said = abi::Str::new("");
    assert_eq!(unsafe { ROLE.explain.unwrap()(instance, 7, &mut said) }, abi::OK);
    let text = unsafe { said.as_str() };
    assert!(text.starts_with(r#"{"notes":["#) && text.contains('7'), "{}", text);
    unsafe { (ROLE.destroy)(instance) };
}

#[test]
fn a_panic_of_drop_does_not_leave_destroy() {
    let mut host = FakeHost::default();
    let (_, instance) = create(r#"{"on_batch":"","drop":1}"#, &mut host);
    unsafe { (ROLE.destroy)(instance) };
    assert!(host.error.unwrap().ends_with("panicked: in drop"));
}

#[test]
fn what_the_host_refuses_passes_through_with_its_own_text() {
    let mut host = FakeHost { answer: abi::E_INVALID, ..FakeHost::default() };
    let (_, instance) = create(r#"{"on_batch":""}"#, &mut host);
    assert_eq!(with_batch(|batch| unsafe { (ROLE.on_batch)(instance, batch) }), abi::E_INVALID);
    unsafe { (ROLE.destroy)(instance) };
    assert_eq!(host.error, None);
}

#[test]
fn older_state_is_refused_unless_the_observer_knows_it() {
    let mut host = FakeHost::default();
    let (_, instance) = create(r#"{"on_batch":""}"#, &mut host);
    assert_eq!(unsafe { ROLE.migrate.unwrap()(instance, 3) }, abi::E_UNSUPPORTED);
    assert_eq!(host.error.as_deref(), Some("state of version 3 is of no use"));
    unsafe { (ROLE.destroy)(instance) };
}

#[test]
fn a_host_of_abi_1_0_is_refused_with_a_text() {
    let mut host = FakeHost::default();
    let older = abi::Services { size: 96, ..SERVICES };
    let mut instance: *mut c_void = ptr::null_mut();
    let handle = &mut host as *mut FakeHost as abi::Handle;
    let result = unsafe { (ROLE.create)(handle, &older, abi::Str::new("{}"), &mut instance) };
    assert_eq!((result, instance.is_null()), (abi::E_UNSUPPORTED, true));
    assert!(host.error.unwrap().contains("ABI 1.1"));
}
