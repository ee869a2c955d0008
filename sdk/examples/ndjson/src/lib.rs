//! An observer: writes one member of each event out as an action `record`, so that stdout or `-o FILE` is a
//! table of it in NDJSON. With `when = "changed"` only where it differs from the model's last one.

use mlmon::{Batch, Counter, Error, Event, Fields, Host, Observer, Setup, TextField};

struct Ndjson {
    name: String,
    only_changes: bool,
    value: TextField,
    absent: Counter,
}

impl Observer for Ndjson {
    fn create(setup: &mut Setup) -> Result<Self, Error> {
        let pointer = setup.config().text("field")?.to_string();
        let name = setup.config().text("name")?.to_string();
        let only_changes = setup.config().text("when")? == "changed";
        let value = setup.json_field(&pointer, None)?;
        let absent = setup.counter("absent", "events without the field")?;
        Ok(Ndjson { name, only_changes, value, absent })
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            match event.get(self.value) {
                Some(value) => self.write(&event, value, host)?,
                None => host.count(self.absent, 1),
            }
        }
        Ok(())
    }
}

impl Ndjson {
    fn write(&self, event: &Event, value: &str, host: &mut Host) -> Result<(), Error> {
        if self.only_changes {
            if host.kept(event.model(), "last")? == Some(value) {
                return Ok(());
            }
            host.keep(event.model(), "last", value)?;
        }
        host.act(event, "record", "field", Fields::new().json(&self.name, value))?;
        Ok(())
    }
}

mlmon::export_plugin! {
    observer: Ndjson,
    id: "org.mlmon.ndjson",
    version: env!("CARGO_PKG_VERSION"),
    summary: "writes one member of each event out",
    schema: include_str!("schema.json"),
    subscribes: "metrics drift",
    state_version: 1,
}
