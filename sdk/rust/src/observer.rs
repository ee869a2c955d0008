//! The trait that an observer implements, and the border between it and the host.

use crate::abi;
use crate::barrier;
use crate::batch::{Batch, Model};
use crate::error::Error;
use crate::host::{Host, Tick};
use crate::setup::Setup;

/// Sees every event in order and decides. No I/O, no clock but event time, no randomness: the same events
/// give the same actions on any machine and in any split of the input. All of it runs on one thread, never
/// two calls at once. An error or a panic ends this observer, not mlmon.
pub trait Observer: Sized + 'static {
    fn create(setup: &mut Setup<'_>) -> Result<Self, Error>;

    fn on_batch(&mut self, batch: &Batch<'_>, host: &mut Host<'_>) -> Result<(), Error>;

    /// After `Setup::tick_every`; `host.act((tick, model), …)` decides.
    fn on_tick(&mut self, _tick: &Tick, _host: &mut Host<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// What is kept has the form of an older `state_version`: reads it, writes what it is now. An error: the
    /// observer does not start, and what it kept stays.
    fn migrate(&mut self, from_version: u32, _host: &mut Host<'_>) -> Result<(), Error> {
        Err(Error::unsupported(format!("state of version {} is of no use", from_version)))
    }

    /// How its rules stand for a model, for people: the JSON object of "Saying why" in the SDK's README, made of
    /// what is kept. Decides and keeps nothing. Empty: it does not say.
    fn explain(&mut self, _model: Model, _host: &mut Host<'_>) -> Result<String, Error> {
        Ok(String::new())
    }

    /// The input has ended.
    fn finish(&mut self, _host: &mut Host<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// The table of the C ABI for an observer.
pub const fn role<T: Observer>() -> abi::ObserverRole {
    abi::ObserverRole {
        size: abi::size_of::<abi::ObserverRole>(),
        reserved: 0,
        create: create::<T>,
        on_batch: on_batch::<T>,
        finish: Some(finish::<T>),
        destroy: destroy::<T>,
        on_tick: Some(on_tick::<T>),
        migrate: Some(migrate::<T>),
        explain: Some(explain::<T>),
    }
}

struct Instance<T> {
    handle: abi::Handle,
    services: &'static abi::Services, // until destroy
    observer: T,
    explained: String, // what was lent to the host
}

unsafe extern "C" fn create<T: Observer>(
    handle: abi::Handle,
    services: *const abi::Services,
    config: abi::Str,
    out: *mut abi::Instance,
) -> i32 {
    if (*services).size < abi::size_of::<abi::Services>() {
        let text = abi::Str::new("this mlmon is too old for the plugin: it needs ABI 1.1");
        ((*services).set_error)(handle, text);
        return abi::E_UNSUPPORTED;
    }
    let services: &'static abi::Services = &*services;
    guarded(handle, services, || {
        let mut setup = Setup::new(Host::new(handle, services), config.as_str())?;
        let observer = T::create(&mut setup)?;
        *out = Box::into_raw(Box::new(Instance {
            handle,
            services,
            observer,
            explained: String::new(),
        })) as abi::Instance;
        Ok(())
    })
}

unsafe extern "C" fn on_batch<T: Observer>(
    instance: abi::Instance,
    batch: *const abi::Batch,
) -> i32 {
    call::<T>(instance, |observer, host| observer.on_batch(&Batch::new(&*batch), host))
}

unsafe extern "C" fn on_tick<T: Observer>(instance: abi::Instance, tick: *const abi::Tick) -> i32 {
    let tick = Tick { time_ns: (*tick).time_ns };
    call::<T>(instance, |observer, host| observer.on_tick(&tick, host))
}

unsafe extern "C" fn migrate<T: Observer>(instance: abi::Instance, from_version: u32) -> i32 {
    call::<T>(instance, |observer, host| observer.migrate(from_version, host))
}

unsafe extern "C" fn explain<T: Observer>(
    instance: abi::Instance,
    model: u32,
    json: *mut abi::Str,
) -> i32 {
    let mut text = String::new();
    let code = call::<T>(instance, |observer, host| {
        text = observer.explain(Model(model), host)?;
        Ok(())
    });
    let instance = &mut *(instance as *mut Instance<T>);
    instance.explained = text;
    *json = abi::Str::new(&instance.explained);
    code
}

unsafe extern "C" fn finish<T: Observer>(instance: abi::Instance) -> i32 {
    call::<T>(instance, |observer, host| observer.finish(host))
}

unsafe extern "C" fn destroy<T: Observer>(instance: abi::Instance) {
    let instance = Box::from_raw(instance as *mut Instance<T>);
    let (handle, services) = (instance.handle, instance.services);
    guarded(handle, services, || {
        drop(instance);
        Ok(())
    });
}

/// # Safety
/// `instance` is what `create::<T>` gave, and nobody else uses it meanwhile.
unsafe fn call<T: Observer>(
    instance: abi::Instance,
    work: impl FnOnce(&mut T, &mut Host<'_>) -> Result<(), Error>,
) -> i32 {
    let instance = &mut *(instance as *mut Instance<T>);
    let (handle, services) = (instance.handle, instance.services);
    let observer = &mut instance.observer;
    guarded(handle, services, || work(observer, &mut Host::new(handle, services)))
}

/// # Safety
/// As for `Host::new`.
unsafe fn guarded(
    handle: abi::Handle,
    services: &abi::Services,
    work: impl FnOnce() -> Result<(), Error>,
) -> i32 {
    let host = Host::new(handle, services);
    barrier::guarded(|text| host.set_error(text), || work().map(|()| abi::OK))
}
