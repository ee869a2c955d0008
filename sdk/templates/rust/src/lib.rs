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

#[cfg(test)]
mod tests {
    use super::Low;
    use mlmon::testing::{event, Host};

    fn auc(host: &mut Host, time: &str, value: f64) {
        let members = format!(r#""metrics":{{"auc":{}}}"#, value);
        host.feed(&event("metrics", "fraud", time, &members)).unwrap();
    }

    fn states(host: &Host) -> Vec<&str> {
        host.actions().iter().map(|action| action.state.as_str()).collect()
    }

    #[test]
    fn it_alerts_once_and_again_when_the_metric_is_back() {
        let mut host = Host::of::<Low>(r#"{"below":0.5}"#).unwrap();
        auc(&mut host, "2026-02-01T08:00:00Z", 0.5); // the limit itself is not below it
        assert!(host.actions().is_empty());
        auc(&mut host, "2026-02-01T09:00:00Z", 0.4);
        auc(&mut host, "2026-02-01T10:00:00Z", 0.3);
        assert_eq!(states(&host), ["firing"]);
        assert_eq!(host.actions()[0].fields, r#"{"metric":"auc","value":0.4,"threshold":0.5}"#);

        host.restart().unwrap(); // what it knows is kept
        auc(&mut host, "2026-02-01T11:00:00Z", 0.4);
        auc(&mut host, "2026-02-01T12:00:00Z", 0.6);
        assert_eq!(states(&host), ["firing", "resolved"]);
        assert_eq!(host.kept("fraud", "low"), None);
    }
}
