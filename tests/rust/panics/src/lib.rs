//! Panics where its configuration says.

use mlmon::{Batch, Error, Fields, Host, Observer, Setup};

struct Panics {
    at: String,
}

impl Panics {
    fn here(&self, place: &str) {
        if self.at == place {
            panic!("as I was told: {}", place);
        }
    }
}

impl Observer for Panics {
    fn create(setup: &mut Setup) -> Result<Self, Error> {
        let panics = Panics { at: setup.config().text("at")?.to_string() };
        panics.here("create");
        Ok(panics)
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            host.act(&event, "seen", "all", &Fields::new())?;
            self.here("on_batch");
            let index = if self.at == "index" { batch.f1().len() } else { event.row() };
            let _out_of_bounds = batch.f1()[index];
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Host) -> Result<(), Error> {
        self.here("finish");
        if self.at == "error" {
            return Err("an error with a text".into());
        }
        Ok(())
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        self.here("drop");
    }
}

mlmon::export_plugin! {
    observer: Panics,
    id: "org.mlmon.test.panics",
    version: "1.0.0",
    summary: "panics where it is told to",
    schema: r#"{"type": "object", "properties": {"at": {"type": "string", "default": ""}}}"#,
}
