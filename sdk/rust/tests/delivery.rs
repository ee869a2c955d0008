//! Routers and endpoints as the host calls them.

use std::ptr;
use std::time::Duration;

use mlmon::{
    abi, DeliveryHost, DeliverySetup, Endpoint, EndpointSpec, Error, Item, JobReport, Outcome,
    Router,
};

/// What the host was told.
#[derive(Default)]
struct FakeHost {
    error: Option<String>,
    told: Vec<String>,
    endpoints: Vec<(String, u32, Vec<i64>)>,
}

unsafe fn host<'a>(handle: abi::Handle) -> &'a mut FakeHost {
    &mut *(handle as *mut FakeHost)
}
unsafe extern "C" fn log(_: abi::Handle, _: i32, _: abi::Str) {}
unsafe extern "C" fn set_error(handle: abi::Handle, text: abi::Str) {
    host(handle).error = Some(text.as_str().to_string());
}
unsafe extern "C" fn cancelled(_: abi::Handle) -> i32 {
    0
}
unsafe extern "C" fn add_endpoint(handle: abi::Handle, endpoint: *const abi::Endpoint) -> i32 {
    let e = &*endpoint;
    let text = format!("{} {} {}", e.name.as_str(), e.group_by.as_str(), e.fallback.as_str());
    let numbers =
        [e.timeout_ms, e.retry_initial_ms, e.retry_max_ms, e.retry_give_up_ms, e.rate_limit];
    let more = [e.rate_period_ms, e.poll_ms, e.group_wait_ms, e.most_at_once, e.renew_ms];
    host(handle).endpoints.push((text, e.flags, [numbers, more].concat()));
    if e.name.as_str() == "refused" {
        return abi::E_INVALID;
    }
    abi::OK
}
unsafe extern "C" fn tell(handle: abi::Handle, text: abi::Str) {
    host(handle).told.push(format!("old: {}", text.as_str()));
}
unsafe extern "C" fn try_tell(handle: abi::Handle, text: abi::Str) -> i32 {
    host(handle).told.push(text.as_str().to_string());
    if text.as_str() == "deaf" {
        abi::E_FAILED
    } else {
        abi::OK
    }
}

static SERVICES: abi::DeliveryServices = abi::DeliveryServices {
    size: abi::size_of::<abi::DeliveryServices>(),
    abi_minor: 2,
    log,
    set_error,
    cancelled,
    add_endpoint,
    tell,
    try_tell,
};

struct Two {
    second: String,
}

impl Router for Two {
    fn create(setup: &DeliverySetup) -> Result<Two, Error> {
        Ok(Two { second: setup.config().text("second")?.to_string() })
    }

    fn endpoints(&self) -> Vec<EndpointSpec> {
        let mut second = EndpointSpec::new(self.second.as_str());
        second.timeout = Duration::from_millis(5);
        second.rate_limit = Some((3, Duration::from_secs(60)));
        second.poll = Some(Duration::from_secs(7));
        second.group_by = "rule".into();
        second.group_wait = Duration::from_secs(2);
        second.most_at_once = 9;
        second.renew = Some(Duration::from_secs(8));
        second.fallback = "first".into();
        second.groups = true;
        second.wants_began = true;
        vec![EndpointSpec::new("first"), second]
    }

    fn route(&self, item: &Item) -> Result<Vec<usize>, Error> {
        match item.read()?.text("to")? {
            "panic" => panic!("no way"),
            "both" => Ok(vec![0, 1]),
            _ => Ok(vec![1]),
        }
    }

    fn describe(&self, item: &Item, endpoint: usize) -> Result<String, Error> {
        Ok(format!("{} to {}", item.id(), endpoint))
    }
}

/// Does what the action's member "do" says.
struct Scripted {
    groups: bool,
}

impl Endpoint for Scripted {
    fn create(_: &DeliverySetup, index: usize) -> Result<Scripted, Error> {
        if index > 1 {
            return Err("no such endpoint".into());
        }
        Ok(Scripted { groups: index == 1 })
    }

    fn deliver(&mut self, item: &Item, host: &DeliveryHost) -> Result<Outcome, Error> {
        match item.read()?.text("do")? {
            "panic" => panic!("it panicked"),
            "fail" => Err("it failed".into()),
            "dead" => Ok(Outcome::dead("gone")),
            "wait" => Ok(Outcome::Retry("429".into(), Some(Duration::from_millis(1500)))),
            text => Ok(if host.tell(text) { Outcome::delivered() } else { Outcome::retry("deaf") }),
        }
    }

    fn groups(&self) -> bool {
        self.groups
    }

    fn deliver_group(&mut self, items: &[Item], _: &DeliveryHost) -> Result<Outcome, Error> {
        let began = items.iter().filter(|item| item.began().is_some()).count();
        Ok(Outcome::Delivered(format!("{} of {} began", began, items.len())))
    }

    fn poll(&mut self, item: &Item, _: &DeliveryHost) -> Result<JobReport, Error> {
        match item.read()?.text("do")? {
            "fail" => Err("nobody can say".into()),
            note => Ok(JobReport::Failed(note.to_string())),
        }
    }
}

const ROLE: abi::DeliveryRole = mlmon::delivery::role::<Two, Scripted>();
const CONFIG: &str = r#"{"second":"second"}"#;

fn router(config: &str, host: &mut FakeHost) -> (i32, abi::Instance) {
    let mut out = ptr::null_mut();
    let handle = host as *mut FakeHost as abi::Handle;
    let code = unsafe { (ROLE.router_create)(handle, &SERVICES, abi::Str::new(config), &mut out) };
    (code, out)
}

fn endpoint(
    index: u32,
    host: &mut FakeHost,
    services: &abi::DeliveryServices,
) -> (i32, abi::Instance) {
    let mut out = ptr::null_mut();
    let handle = host as *mut FakeHost as abi::Handle;
    let code = unsafe { (ROLE.create)(handle, services, abi::Str::new(CONFIG), index, &mut out) };
    (code, out)
}

fn item(json: &str) -> abi::DeliveryItem {
    let size = abi::size_of::<abi::DeliveryItem>();
    let (id, began) = (abi::Str::new("01ID"), abi::Str::EMPTY);
    abi::DeliveryItem { size, attempt: 1, id, json: abi::Str::new(json), began }
}

fn deliver(instance: abi::Instance, items: &[abi::DeliveryItem]) -> Vec<(u32, i64, String)> {
    let nothing =
        || abi::DeliveryResult { size: 0, status: 0, retry_after_ms: 0, text: abi::Str::EMPTY };
    let mut results: Vec<_> = items.iter().map(|_| nothing()).collect();
    let n = items.len() as u32;
    let code = unsafe { (ROLE.deliver)(instance, items.as_ptr(), n, results.as_mut_ptr()) };
    assert_eq!(code, abi::OK);
    let text = |text: abi::Str| unsafe { text.as_str() }.to_string();
    results.iter().map(|one| (one.status, one.retry_after_ms, text(one.text))).collect()
}

#[test]
fn endpoints_come_in_order_with_the_defaults_of_the_contract() {
    let mut host = FakeHost::default();
    let (code, router) = router(CONFIG, &mut host);
    assert_eq!(code, abi::OK);
    assert_eq!(unsafe { (ROLE.endpoints)(router) }, abi::OK);
    let first =
        ("first  ".to_string(), 0, vec![30_000, 1_000, 60_000, 86_400_000, 0, 0, 0, 0, 0, 0]);
    let numbers = vec![5, 1_000, 60_000, 86_400_000, 3, 60_000, 7_000, 2_000, 9, 8_000];
    let flags = abi::ENDPOINT_GROUPS | abi::ENDPOINT_BEGAN;
    assert_eq!(host.endpoints, [first, ("second rule first".to_string(), flags, numbers)]);
    unsafe { (ROLE.router_destroy)(router) };
}

#[test]
fn a_router_writes_no_more_indices_than_there_is_room_for() {
    let mut host = FakeHost::default();
    let (_, router) = router(CONFIG, &mut host);
    let mut indices = [7, 7, 7];
    let mut route = |json: &str, room| {
        let n = unsafe { (ROLE.route)(router, &item(json), indices.as_mut_ptr(), room) };
        (n, std::mem::replace(&mut indices, [7, 7, 7]))
    };
    assert_eq!(route(r#"{"to":"both"}"#, 3), (2, [0, 1, 7]));
    assert_eq!(route(r#"{"to":"both"}"#, 1), (2, [0, 7, 7]));
    assert_eq!(route(r#"{"to":"one"}"#, 0), (1, [7, 7, 7]));
    assert_eq!(route(r#"{"to":"panic"}"#, 3).0, abi::E_FAILED);
    assert!(host.error.as_deref().unwrap().ends_with("panicked: no way"));
    let mut said = abi::Str::EMPTY;
    assert_eq!(unsafe { ROLE.describe.unwrap()(router, &item("{}"), 1, &mut said) }, abi::OK);
    assert_eq!(unsafe { said.as_str() }, "01ID to 1");
    unsafe { (ROLE.router_destroy)(router) };
}

#[test]
fn what_cannot_be_made_and_what_is_refused_says_why() {
    let mut host = FakeHost::default();
    assert_eq!(router("{}", &mut host), (abi::E_CONFIG, ptr::null_mut()));
    assert_eq!(host.error.take().as_deref(), Some("second: is missing"));
    assert_eq!(endpoint(2, &mut host, &SERVICES), (abi::E_FAILED, ptr::null_mut()));
    assert_eq!(host.error.take().as_deref(), Some("no such endpoint"));
    let (_, router) = router(r#"{"second":"refused"}"#, &mut host);
    assert_eq!(unsafe { (ROLE.endpoints)(router) }, abi::E_INVALID);
    assert_eq!(host.error, None); // the host has the text
    unsafe { (ROLE.router_destroy)(router) };
}

#[test]
fn every_action_has_a_result_of_its_own_whatever_its_siblings_do() {
    let mut host = FakeHost::default();
    let (_, endpoint) = endpoint(0, &mut host, &SERVICES);
    let json = |what: &str| format!(r#"{{"{}":"{}"}}"#, if what == "bad" { "x" } else { "do" }, what);
    let outcomes = |whats: &[&str]| {
        let lines: Vec<_> = whats.iter().map(|what| json(what)).collect();
        deliver(endpoint, &lines.iter().map(|line| item(line)).collect::<Vec<_>>())
    };
    let panicked = outcomes(&["panic"]).remove(0);
    assert!(panicked.2.ends_with("panicked: it panicked"), "{:?}", panicked);
    assert_eq!((panicked.0, panicked.1), (abi::RETRY, -1));
    for (what, code, after, text) in [
        ("fail", abi::RETRY, -1, "it failed"),
        ("wait", abi::RETRY, 1500, "429"),
        ("deaf", abi::RETRY, -1, "deaf"),
        ("bad", abi::RETRY, -1, "do: is missing"),
    ] {
        // Behind one that is to be tried again the others are not tried.
        let results = outcomes(&["dead", what, "hello"]);
        assert_eq!(results[0], (abi::DEAD, -1, "gone".to_string()));
        assert_eq!(results[1], (code, after, text.to_string()));
        assert_eq!(results[2].2, "");
    }
    assert_eq!(outcomes(&["hello", "dead"])[0], (abi::DELIVERED, -1, String::new()));
    assert_eq!(host.told, ["deaf", "hello"]);
    unsafe { (ROLE.destroy)(endpoint) };
}

#[test]
fn a_host_of_1_1_is_told_without_an_answer() {
    let mut host = FakeHost::default();
    let older = abi::DeliveryServices { size: SERVICES.size - 8, ..SERVICES };
    let (_, endpoint) = endpoint(0, &mut host, &older);
    assert_eq!(deliver(endpoint, &[item(r#"{"do":"deaf"}"#)])[0].0, abi::DELIVERED);
    assert_eq!(host.told, ["old: deaf"]);
    unsafe { (ROLE.destroy)(endpoint) };
}

#[test]
fn a_group_is_one_message_and_all_of_it_has_the_same_result() {
    let mut host = FakeHost::default();
    let (_, endpoint) = endpoint(1, &mut host, &SERVICES);
    let mut items = [item("{}"), item("{}")];
    items[1].began = abi::Str::new("{}");
    let one = (abi::DELIVERED, -1, "1 of 2 began".to_string());
    assert_eq!(deliver(endpoint, &items), [one.clone(), one]);
    unsafe { (ROLE.destroy)(endpoint) };
}

#[test]
fn what_became_of_a_job_is_asked() {
    let mut host = FakeHost::default();
    let (_, endpoint) = endpoint(0, &mut host, &SERVICES);
    let mut report = abi::JobReport { size: 0, status: 9, text: abi::Str::EMPTY };
    let mut poll = |json: &str| unsafe { ROLE.poll.unwrap()(endpoint, &item(json), &mut report) };
    assert_eq!(poll(r#"{"do":"fail"}"#), abi::E_FAILED);
    assert_eq!(poll(r#"{"do":"no disk"}"#), abi::OK);
    assert_eq!((report.status, unsafe { report.text.as_str() }), (abi::JOB_FAILED, "no disk"));
    assert_eq!(host.error.as_deref(), Some("nobody can say"));
    unsafe { (ROLE.destroy)(endpoint) };
}
