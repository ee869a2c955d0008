//! An observer: alerts when a figure of an event's `metrics` falls below a limit, and again when it is
//! back. mlmon/src says what each function may do; `cargo doc --open` shows it.

use mlmon::{Batch, Error, Event, Fields, Host, NumberField, Observer, Setup};

struct Low {
    metric: String,
    below: f64,
    value: NumberField,
}

impl Observer for Low {
    fn create(setup: &mut Setup) -> Result<Self, Error> {
        let metric = setup.config().text("metric")?.to_string();
        let below = setup.config().number("below")?;
        let value = setup.number_field(&mlmon::json_pointer(&["metrics", &metric]), None)?;
        Ok(Low { metric, below, value })
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            if let Some(value) = event.get(self.value) {
                self.observe(&event, value, host)?;
            }
        }
        Ok(())
    }
}

impl Low {
    // Whether the model's figure is low is kept, so that it holds over restarts.
    fn observe(&self, event: &Event, value: f64, host: &mut Host) -> Result<(), Error> {
        let model = event.model();
        let was_low = host.kept(model, "low")?.is_some();
        let is_low = value < self.below;
        if is_low == was_low {
            return Ok(());
        }
        if is_low {
            host.keep(model, "low", "1")?;
        } else {
            host.forget(model, "low")?;
        }
        let state = if is_low { "firing" } else { "resolved" };
        let mut fields = Fields::new();
        fields.text("metric", &self.metric).number("value", value).number("threshold", self.below);
        host.act_as(event, "alert", "low", state, &fields)?;
        Ok(())
    }
}

mlmon::export_plugin! {
    observer: Low,
    id: "org.example.@NAME@",
    version: env!("CARGO_PKG_VERSION"),
    summary: "alerts when a metric falls below a limit",
    schema: include_str!("schema.json"),
    subscribes: "metrics",
    state_version: 1,
}
