//! The role that acts in the outside world: a router says which endpoints there are and which of them get an
//! action, an endpoint delivers it.

use std::time::Duration;

use crate::abi;
use crate::barrier::{caught, guarded};
use crate::error::{check, Error};
use crate::host::Level;
use crate::json::Json;

/// One target or receiver and how the host is to treat it.
#[derive(Debug, Clone)]
pub struct EndpointSpec {
    /// Unique in the instance.
    pub name: String,
    /// Of one try.
    pub timeout: Duration,
    /// The first back-off; it doubles.
    pub retry_initial: Duration,
    pub retry_max: Duration,
    pub retry_give_up: Duration,
    /// At most so many messages in any span of that length.
    pub rate_limit: Option<(u32, Duration)>,
    /// `Endpoint::poll` is asked so often.
    pub poll: Option<Duration>,
    /// Members of the action, one a line: actions alike in all of them are one group. "*": all in one; empty:
    /// each is alone.
    pub group_by: String,
    pub group_wait: Duration,
    /// Actions in one call; 0: as many as the host likes.
    pub most_at_once: u32,
    /// What still fires comes again after so long.
    pub renew: Option<Duration>,
    /// The endpoint that gets what this one failed for good; empty: none.
    pub fallback: String,
    /// Its endpoint `groups`: the actions of a call are one message.
    pub groups: bool,
    /// It wants to know the action that each alert began with: `Item::began`.
    pub wants_began: bool,
    /// The embedded model registry: the host delivers it itself.
    pub queue: bool,
}

impl EndpointSpec {
    /// With the defaults of mlmon.
    pub fn new(name: impl Into<String>) -> EndpointSpec {
        EndpointSpec {
            name: name.into(),
            timeout: Duration::from_secs(30),
            retry_initial: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
            retry_give_up: Duration::from_secs(86_400),
            rate_limit: None,
            poll: None,
            group_by: String::new(),
            group_wait: Duration::from_secs(0),
            most_at_once: 0,
            renew: None,
            fallback: String::new(),
            groups: false,
            wants_began: false,
            queue: false,
        }
    }

    fn raw(&self) -> abi::Endpoint {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        let (limit, period) = self.rate_limit.unwrap_or_default();
        abi::Endpoint {
            size: abi::size_of::<abi::Endpoint>(),
            flags: flag(self.groups, abi::ENDPOINT_GROUPS)
                | flag(self.wants_began, abi::ENDPOINT_BEGAN)
                | flag(self.queue, abi::ENDPOINT_QUEUE),
            name: abi::Str::new(&self.name),
            timeout_ms: ms(self.timeout),
            retry_initial_ms: ms(self.retry_initial),
            retry_max_ms: ms(self.retry_max),
            retry_give_up_ms: ms(self.retry_give_up),
            rate_limit: limit.into(),
            rate_period_ms: ms(period),
            poll_ms: ms(self.poll.unwrap_or_default()),
            group_by: abi::Str::new(&self.group_by),
            group_wait_ms: ms(self.group_wait),
            most_at_once: self.most_at_once.into(),
            renew_ms: ms(self.renew.unwrap_or_default()),
            fallback: abi::Str::new(&self.fallback),
        }
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// An action that is to be routed or delivered.
#[derive(Clone, Copy)]
pub struct Item<'a>(&'a abi::DeliveryItem);

impl<'a> Item<'a> {
    /// The idempotency key: an action may come again after a crash, with the same id and text.
    pub fn id(&self) -> &'a str {
        // SAFETY, here and below: text of the host, valid during the call.
        unsafe { self.0.id.as_str() }
    }

    /// The action, one line without its newline.
    pub fn json(&self) -> &'a str {
        unsafe { self.0.json.as_str() }
    }

    pub fn read(&self) -> Result<Json, Error> {
        Json::parse(self.json())
    }

    /// From 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// With `wants_began`: the action that the alert began with. `None`: this one, or not known.
    pub fn began(&self) -> Option<&'a str> {
        let has = self.0.size >= abi::size_of::<abi::DeliveryItem>();
        Some(if has { unsafe { self.0.began.as_str() } } else { "" })
            .filter(|text| !text.is_empty())
    }
}

/// What became of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What the receiver answered, or nothing.
    Delivered(String),
    /// Why not now, and when the receiver wants it again.
    Retry(String, Option<Duration>),
    /// Why it never will be.
    Dead(String),
}

impl Outcome {
    pub fn delivered() -> Outcome {
        Outcome::Delivered(String::new())
    }
    pub fn retry(why: impl Into<String>) -> Outcome {
        Outcome::Retry(why.into(), None)
    }
    pub fn dead(why: impl Into<String>) -> Outcome {
        Outcome::Dead(why.into())
    }

    fn raw(&self) -> abi::DeliveryResult {
        let (status, after, text) = match self {
            Outcome::Delivered(text) => (abi::DELIVERED, None, text),
            Outcome::Retry(text, after) => (abi::RETRY, *after, text),
            Outcome::Dead(text) => (abi::DEAD, None, text),
        };
        let size = abi::size_of::<abi::DeliveryResult>();
        let retry_after_ms = after.map_or(-1, ms);
        abi::DeliveryResult { size, status, retry_after_ms, text: abi::Str::new(text) }
    }
}

/// How far the job is that a delivered action started; its text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobReport {
    /// Not at its end, or nobody can say, and why.
    Open(String),
    Done(String),
    Failed(String),
    Cancelled(String),
}

impl JobReport {
    fn raw(&self) -> abi::JobReport {
        let (status, text) = match self {
            JobReport::Open(text) => (abi::JOB_OPEN, text),
            JobReport::Done(text) => (abi::JOB_DONE, text),
            JobReport::Failed(text) => (abi::JOB_FAILED, text),
            JobReport::Cancelled(text) => (abi::JOB_CANCELLED, text),
        };
        abi::JobReport { size: abi::size_of::<abi::JobReport>(), status, text: abi::Str::new(text) }
    }
}

/// What routers and endpoints may ask of the host, during a call.
pub struct DeliveryHost {
    handle: abi::Handle,
    services: *const abi::DeliveryServices,
}

impl DeliveryHost {
    fn services(&self) -> &abi::DeliveryServices {
        // SAFETY: valid from create until destroy returns, and plugins only borrow a host during a call.
        unsafe { &*self.services }
    }

    /// One line for mlmon's log, on stderr.
    pub fn log(&self, level: Level, text: &str) {
        unsafe { (self.services().log)(self.handle, level as i32, abi::Str::new(text)) }
    }

    /// The process is shutting down.
    pub fn cancelled(&self) -> bool {
        unsafe { (self.services().cancelled)(self.handle) != 0 }
    }

    /// Text for the person at the terminal, without its last newline: on stderr, whole. False: stderr has not taken
    /// it; a host older than 1.2 cannot say.
    pub fn tell(&self, text: &str) -> bool {
        let (services, text) = (self.services(), abi::Str::new(text));
        if services.size >= abi::size_of::<abi::DeliveryServices>() {
            return unsafe { (services.try_tell)(self.handle, text) == abi::OK };
        }
        unsafe { (services.tell)(self.handle, text) };
        true
    }

    fn guarded(&self, work: impl FnOnce() -> Result<i32, Error>) -> i32 {
        let set_error = |text: &str| unsafe {
            (self.services().set_error)(self.handle, abi::Str::new(text));
        };
        guarded(set_error, work)
    }
}

/// What a router or an endpoint is made from.
pub struct DeliverySetup {
    host: DeliveryHost,
    config: Json,
}

impl DeliverySetup {
    /// Valid against the class's schema, defaults filled in.
    pub fn config(&self) -> &Json {
        &self.config
    }

    pub fn host(&self) -> &DeliveryHost {
        &self.host
    }
}

/// Says which endpoints there are and which of them get an action: pure functions of configuration and action.
pub trait Router: Sized + 'static {
    fn create(setup: &DeliverySetup) -> Result<Self, Error>;

    /// Always the same, in the same order.
    fn endpoints(&self) -> Vec<EndpointSpec>;

    /// Their indices, ascending.
    fn route(&self, item: &Item<'_>) -> Result<Vec<usize>, Error>;

    /// What the endpoint would do for an action, in lines for people and without secrets: a dry run shows it.
    fn describe(&self, _item: &Item<'_>, _endpoint: usize) -> Result<String, Error> {
        Ok(String::new())
    }
}

/// Delivers to one endpoint, on a thread of its own; shares no memory with router, observer and other endpoints.
/// An error or a panic of `deliver` is a retry with its text.
pub trait Endpoint: Sized + 'static {
    fn create(setup: &DeliverySetup, index: usize) -> Result<Self, Error>;

    fn deliver(&mut self, item: &Item<'_>, host: &DeliveryHost) -> Result<Outcome, Error>;

    /// True for one with `EndpointSpec::groups`: `deliver_group` is called.
    fn groups(&self) -> bool {
        false
    }

    /// Several actions in one message.
    fn deliver_group(&mut self, items: &[Item<'_>], host: &DeliveryHost) -> Result<Outcome, Error> {
        match items {
            [item] => self.deliver(item, host),
            _ => Ok(Outcome::dead("this endpoint makes no messages of several actions")),
        }
    }

    /// What became of a retraining that was delivered here. Changes nothing.
    fn poll(&mut self, _item: &Item<'_>, _host: &DeliveryHost) -> Result<JobReport, Error> {
        Ok(JobReport::Open(String::new()))
    }
}

/// Of a class whose endpoints the host serves itself.
impl Endpoint for () {
    fn create(_: &DeliverySetup, _: usize) -> Result<(), Error> {
        Err(Error::unsupported("this class delivers nothing itself"))
    }

    fn deliver(&mut self, _: &Item<'_>, _: &DeliveryHost) -> Result<Outcome, Error> {
        Ok(Outcome::dead("this class delivers nothing itself"))
    }
}

/// The table of the C ABI for a router and an endpoint.
pub const fn role<R: Router, E: Endpoint>() -> abi::DeliveryRole {
    abi::DeliveryRole {
        size: abi::size_of::<abi::DeliveryRole>(),
        reserved: 0,
        router_create: router_create::<R>,
        endpoints: endpoints::<R>,
        route: route::<R>,
        router_destroy: destroy::<R>,
        create: create::<E>,
        deliver: deliver::<E>,
        destroy: destroy::<E>,
        describe: Some(describe::<R>),
        poll: Some(poll::<E>),
    }
}

/// A router or an endpoint as the host holds it.
struct Held<T> {
    host: DeliveryHost,
    inner: T,
    outcomes: Vec<Outcome>, // whose texts were lent to the host, here and below
    report: JobReport,
    described: String,
}

/// # Safety
/// `instance` is what `make::<T>` gave, and nobody else uses it meanwhile.
unsafe fn held<'a, T>(instance: abi::Instance) -> &'a mut Held<T> {
    &mut *(instance as *mut Held<T>)
}

unsafe fn make<T>(
    handle: abi::Handle,
    services: *const abi::DeliveryServices,
    config: abi::Str,
    out: *mut abi::Instance,
    create: impl FnOnce(&DeliverySetup) -> Result<T, Error>,
) -> i32 {
    let host = || DeliveryHost { handle, services };
    host().guarded(|| {
        let inner = create(&DeliverySetup { host: host(), config: Json::parse(config.as_str())? })?;
        let (report, described) = (JobReport::Open(String::new()), String::new());
        let held = Held { host: host(), inner, outcomes: Vec::new(), report, described };
        *out = Box::into_raw(Box::new(held)) as abi::Instance;
        Ok(abi::OK)
    })
}

unsafe extern "C" fn router_create<R: Router>(
    handle: abi::Handle,
    services: *const abi::DeliveryServices,
    config: abi::Str,
    out: *mut abi::Instance,
) -> i32 {
    make(handle, services, config, out, R::create)
}

unsafe extern "C" fn create<E: Endpoint>(
    handle: abi::Handle,
    services: *const abi::DeliveryServices,
    config: abi::Str,
    index: u32,
    out: *mut abi::Instance,
) -> i32 {
    make(handle, services, config, out, |setup| E::create(setup, index as usize))
}

unsafe extern "C" fn endpoints<R: Router>(router: abi::Instance) -> i32 {
    let Held { host, inner, .. } = held::<R>(router);
    host.guarded(|| {
        for spec in inner.endpoints() {
            check((host.services().add_endpoint)(host.handle, &spec.raw()))?;
        }
        Ok(abi::OK)
    })
}

unsafe extern "C" fn route<R: Router>(
    router: abi::Instance,
    item: *const abi::DeliveryItem,
    indices: *mut u32,
    room: u32,
) -> i32 {
    let Held { host, inner, .. } = held::<R>(router);
    host.guarded(|| {
        let chosen = inner.route(&Item(&*item))?;
        for (i, index) in chosen.iter().take(room as usize).enumerate() {
            *indices.add(i) = *index as u32;
        }
        Ok(chosen.len() as i32)
    })
}

unsafe extern "C" fn describe<R: Router>(
    router: abi::Instance,
    item: *const abi::DeliveryItem,
    endpoint: u32,
    out: *mut abi::Str,
) -> i32 {
    let Held { host, inner, described, .. } = held::<R>(router);
    host.guarded(|| {
        *described = inner.describe(&Item(&*item), endpoint as usize)?;
        *out = abi::Str::new(described);
        Ok(abi::OK)
    })
}

unsafe extern "C" fn deliver<E: Endpoint>(
    endpoint: abi::Instance,
    items: *const abi::DeliveryItem,
    n: u32,
    results: *mut abi::DeliveryResult,
) -> i32 {
    let Held { host, inner, outcomes, .. } = held::<E>(endpoint);
    let items: Vec<Item> = (0..n as usize).map(|i| Item(&*items.add(i))).collect();
    // One that fails must not make the host tell its siblings again.
    let outcome = |work: &mut dyn FnMut() -> Result<Outcome, Error>| {
        caught(work).unwrap_or_else(|error| Outcome::retry(error.to_string()))
    };
    host.guarded(|| {
        *outcomes = if inner.groups() {
            vec![outcome(&mut || inner.deliver_group(&items, host)); items.len()]
        } else {
            // Behind one that is to be tried again the others are not tried, and wait.
            let mut told = Vec::with_capacity(items.len());
            for item in &items {
                told.push(outcome(&mut || inner.deliver(item, host)));
                if matches!(told.last(), Some(Outcome::Retry(..))) {
                    break;
                }
            }
            told
        };
        for (i, outcome) in outcomes.iter().enumerate() {
            *results.add(i) = outcome.raw();
        }
        Ok(abi::OK)
    })
}

unsafe extern "C" fn poll<E: Endpoint>(
    endpoint: abi::Instance,
    item: *const abi::DeliveryItem,
    out: *mut abi::JobReport,
) -> i32 {
    let Held { host, inner, report, .. } = held::<E>(endpoint);
    host.guarded(|| {
        *report = inner.poll(&Item(&*item), host)?;
        *out = report.raw();
        Ok(abi::OK)
    })
}

unsafe extern "C" fn destroy<T>(instance: abi::Instance) {
    let Held { host, inner, .. } = *Box::from_raw(instance as *mut Held<T>);
    host.guarded(|| {
        drop(inner);
        Ok(abi::OK)
    });
}
