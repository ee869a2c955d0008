//! What an observer asks of the host in `create`.

use std::time::Duration;

use crate::abi;
use crate::batch::Kind;
use crate::error::{check, Error};
use crate::field::{BooleanField, IntegerField, NumberField, TextField};
use crate::host::{Counter, Host, Level};
use crate::json::Json;

/// What an observer is made from.
pub struct Setup<'h> {
    host: Host<'h>,
    config: Json,
}

impl<'h> Setup<'h> {
    pub(crate) fn new(host: Host<'h>, config: &str) -> Result<Setup<'h>, Error> {
        Ok(Setup { host, config: Json::parse(config)? })
    }

    /// Valid against the class's schema, defaults filled in.
    pub fn config(&self) -> &Json {
        &self.config
    }

    pub fn log(&self, level: Level, text: &str) {
        self.host.log(level, text);
    }

    /// Members that events carry beside those that all know. `pointer` is a JSON pointer into the event;
    /// with `event_type` only into events of that type, which costs the others nothing.
    pub fn number_field(
        &mut self,
        pointer: &str,
        event_type: Option<&str>,
    ) -> Result<NumberField, Error> {
        Ok(NumberField(self.project(pointer, abi::COLUMN_NUMBER, event_type)?))
    }

    pub fn integer_field(
        &mut self,
        pointer: &str,
        event_type: Option<&str>,
    ) -> Result<IntegerField, Error> {
        Ok(IntegerField(self.project(pointer, abi::COLUMN_INTEGER, event_type)?))
    }

    pub fn boolean_field(
        &mut self,
        pointer: &str,
        event_type: Option<&str>,
    ) -> Result<BooleanField, Error> {
        Ok(BooleanField(self.project(pointer, abi::COLUMN_BOOLEAN, event_type)?))
    }

    pub fn text_field(
        &mut self,
        pointer: &str,
        event_type: Option<&str>,
    ) -> Result<TextField, Error> {
        Ok(TextField(self.project(pointer, abi::COLUMN_TEXT, event_type)?))
    }

    pub fn json_field(
        &mut self,
        pointer: &str,
        event_type: Option<&str>,
    ) -> Result<TextField, Error> {
        Ok(TextField(self.project(pointer, abi::COLUMN_JSON, event_type)?))
    }

    /// Sees events of this type too; the result is their `Event::kind`.
    pub fn subscribe(&mut self, event_type: &str) -> Result<Kind, Error> {
        let (services, mut kind) = (self.host.services, 0);
        check(unsafe {
            (services.subscribe)(self.host.handle, abi::Str::new(event_type), &mut kind)
        })?;
        Ok(Kind::from(kind))
    }

    /// A number of the receipt that only grows ([a-z_][a-z0-9_]*); `help` says in one line what it counts.
    pub fn counter(&mut self, name: &str, help: &str) -> Result<Counter, Error> {
        let (services, mut number) = (self.host.services, 0);
        let (name, help) = (abi::Str::new(name), abi::Str::new(help));
        check(unsafe { (services.counter)(self.host.handle, name, help, &mut number) })?;
        Ok(Counter(number))
    }

    /// Asks for `Observer::on_tick`, so far apart in event time.
    pub fn tick_every(&mut self, period: Duration) -> Result<(), Error> {
        let ns = i64::try_from(period.as_nanos())
            .map_err(|_| Error::from("ticks: a period of more than 64-bit nanoseconds"))?;
        check(unsafe { (self.host.services.tick_every)(self.host.handle, ns) })
    }

    fn project(
        &mut self,
        pointer: &str,
        kind: u32,
        event_type: Option<&str>,
    ) -> Result<u32, Error> {
        let wanted = abi::Projection {
            size: abi::size_of::<abi::Projection>(),
            r#type: kind,
            pointer: abi::Str::new(pointer),
            event_type: abi::Str::new(event_type.unwrap_or("")),
        };
        let mut column = 0;
        check(unsafe { (self.host.services.project)(self.host.handle, &wanted, &mut column) })?;
        Ok(column)
    }
}
