//! Both roles in one class: alerts at a low F1, and delivers that to a file and to the person at the terminal.

use std::fs::OpenOptions;
use std::io::Write;

use mlmon::{
    format_fixed, Batch, DeliveryHost, DeliverySetup, Endpoint, EndpointSpec, Error, Fields, Host,
    Item, Observer, Outcome, Router, Setup,
};

struct LowF1 {
    limit: f64,
}

impl Observer for LowF1 {
    fn create(setup: &mut Setup) -> Result<LowF1, Error> {
        Ok(LowF1 { limit: setup.config().number("limit")? })
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            if event.f1() < self.limit {
                let subject = format!("F1 is {}", format_fixed(event.f1(), 2));
                host.act(&event, "alert", "low_f1", Fields::new().text("subject", &subject))?;
            }
        }
        Ok(())
    }
}

fn subject(item: &Item) -> Result<String, Error> {
    item.read()?
        .get("subject")
        .map_or(Ok(String::new()), |subject| subject.as_text().map(String::from))
}

struct FileAndPerson;

impl Router for FileAndPerson {
    fn create(_: &DeliverySetup) -> Result<FileAndPerson, Error> {
        Ok(FileAndPerson)
    }

    fn endpoints(&self) -> Vec<EndpointSpec> {
        vec![EndpointSpec::new("file"), EndpointSpec::new("person")]
    }

    /// All to the file, zeros to the person.
    fn route(&self, item: &Item) -> Result<Vec<usize>, Error> {
        let zero = subject(item)? == "F1 is 0.00";
        Ok(if zero { vec![0, 1] } else { vec![0] })
    }

    fn describe(&self, item: &Item, endpoint: usize) -> Result<String, Error> {
        Ok(format!("would write {} to {}", subject(item)?, ["the file", "stderr"][endpoint]))
    }
}

struct Delivers {
    path: Option<String>,
    flaky: bool,
}

impl Endpoint for Delivers {
    fn create(setup: &DeliverySetup, index: usize) -> Result<Delivers, Error> {
        let path = setup.config().text("path")?.to_string();
        Ok(Delivers {
            path: Some(path).filter(|_| index == 0),
            flaky: setup.config().flag("flaky")?,
        })
    }

    fn deliver(&mut self, item: &Item, host: &DeliveryHost) -> Result<Outcome, Error> {
        if std::mem::take(&mut self.flaky) {
            panic!("the first try fails");
        }
        let line = format!("{} {}\n", item.id(), subject(item)?);
        match &self.path {
            None => host.tell(&line),
            Some(path) => OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .and_then(|mut file| file.write_all(line.as_bytes()))
                .map(|()| true)
                .map_err(|error| error.to_string())?,
        };
        Ok(Outcome::delivered())
    }
}

mlmon::export_plugin! {
    observer: LowF1,
    delivery: (FileAndPerson, Delivers),
    id: "org.mlmon.test.delivers",
    version: "1.0.0",
    summary: "alerts at a low F1, and delivers",
    schema: r#"{"type": "object", "additionalProperties": false, "properties": {
        "limit": {"type": "number", "default": 0.5},
        "path": {"type": "string", "default": "/dev/null"},
        "flaky": {"type": "boolean", "default": false}}}"#,
}
