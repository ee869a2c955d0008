//! The host for unit tests, as somebody else's tests use it.

use std::time::Duration;

use mlmon::testing::{event, Host as Testing};
use mlmon::{
    Batch, Cause, Counter, Error, Fields, Host, Model, NumberField, Observer, Scope, Setup,
    TextField, Tick,
};

/// Does what its configuration says.
struct Puppet {
    what: String,
    seen: Counter,
    number: NumberField,
    json: TextField,
}

impl Observer for Puppet {
    fn create(setup: &mut Setup) -> Result<Self, Error> {
        let what = setup.config().text("what")?.to_string();
        let every = setup.config().duration_ns("every")?;
        if what == "refuses" {
            return Err(Error::config("what: is refused"));
        }
        if what == "subscribes" {
            setup.subscribe("deploy")?;
        }
        setup.tick_every(Duration::from_nanos(every as u64))?;
        let number = setup.number_field("/metrics/a~1b/1", None)?;
        let json = setup.json_field("/metrics/a~1b/1", Some("metrics"))?;
        Ok(Puppet { what, seen: setup.counter("seen", "events")?, number, json })
    }

    fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
        for event in batch {
            host.count(self.seen, 1);
            let model = event.model();
            let n: u32 = host.kept(model, "n")?.map_or(0, |n| n.parse().unwrap()) + 1;
            host.keep(model, "n", &n.to_string())?;
            let mut fields = Fields::new();
            fields
                .integer("n", n.into())
                .number("f1", event.f1())
                .integer("row", event.row() as i64);
            if let Some(value) = event.get(self.number) {
                fields.number("number", value);
            }
            if let Some(value) = event.get(self.json) {
                fields.json("json", value);
            }
            match self.what.as_str() {
                "suppresses" => {
                    let shown = if host.explaining() { fields } else { Fields::new() };
                    host.suppress(
                        &event,
                        "alert",
                        "rule",
                        "quiet",
                        Some(event.time_ns() + 1),
                        &shown,
                    )?;
                }
                "bad type" => drop(host.act(&event, "Alert", "rule", &fields)),
                "emits" => host.emit(&event, "made", &fields)?,
                "acts as the host" => {
                    host.act(&event, "alert", "rule", fields.text("event_time", "now")).map(drop)?
                }
                "emits as the host" => host.emit(&event, "made", fields.text("at", "now"))?,
                "emits another" => host.emit(&event, "mad", &fields)?,
                "keeps too much" => host.keep(model, &"k".repeat(1025), "")?,
                "fails at two" if event.row() == 1 => return Err("two is too many".into()),
                "panics" => panic!("as I was told"),
                _ => drop(host.act_as(&event, "alert", "rule", "firing", &fields)?),
            }
            assert_eq!(event.line() == 1, event.offset() == 0);
            assert!(event.raw().starts_with('{') && event.raw().ends_with('}'));
        }
        Ok(())
    }

    fn on_tick(&mut self, tick: &Tick, host: &mut Host) -> Result<(), Error> {
        for kept in host.all_kept(Scope::EveryModel)?.into_iter().rev() {
            let fields = Fields::new();
            host.act(Cause::from((tick, kept.model)), "alert", "tick", &fields)?;
        }
        Ok(())
    }

    fn migrate(&mut self, from_version: u32, host: &mut Host) -> Result<(), Error> {
        if from_version == 0 {
            return Err(Error::unsupported("too old"));
        }
        host.keep(Model::NONE, "was", &from_version.to_string())
    }

    fn explain(&mut self, model: Model, host: &mut Host) -> Result<String, Error> {
        Ok(format!(r#"{{"notes":["{}"]}}"#, host.model(model)?.name))
    }

    fn finish(&mut self, host: &mut Host) -> Result<(), Error> {
        let id = host.last_action_id()?;
        host.log(mlmon::Level::Info, &format!("finished after {}", id));
        Ok(())
    }
}

mlmon::export_plugin! {
    observer: Puppet,
    id: "test.puppet",
    version: "1.0.0",
    summary: "does what it is told",
    schema: r#"{"type": "object", "additionalProperties": false, "properties": {
        "what": {"type": "string", "default": "acts"}, "every": {"type": "string", "default": "0s"}}}"#,
    subscribes: "metrics drift",
    emits: "made",
}

fn at(minute: u32) -> String {
    format!("2026-02-01T08:{:02}:00Z", minute)
}

fn metrics(model: &str, minute: u32) -> String {
    event("metrics", model, &at(minute), r#""f1":0.5"#)
}

fn puppet(what: &str) -> Result<Testing, Error> {
    Testing::of::<Puppet>(&format!(r#"{{"what":"{}"}}"#, what))
}

fn told(host: &Testing) -> Vec<String> {
    let one = |d: &mlmon::testing::Decision| {
        format!("{} {} {} {}", d.model, d.rule, d.line, &d.time()[11..16])
    };
    host.actions().iter().map(one).collect()
}

#[test]
fn what_was_decided_counted_kept_and_logged_can_be_read() -> Result<(), Error> {
    let mut host = Testing::of::<Puppet>("{}")?;
    host.feed(&(metrics("fraud", 1) + &event("job", "fraud", &at(1), "") + &metrics("churn", 2)))?;
    assert_eq!(told(&host), ["fraud rule 1 08:01", "churn rule 3 08:02"]);
    assert_eq!(
        (host.actions()[1].kind.as_str(), host.actions()[1].state.as_str()),
        ("alert", "firing")
    );
    assert_eq!(host.actions()[1].fields, r#"{"n":1,"f1":0.5,"row":2}"#);
    assert_eq!(host.counter("seen"), Some(2));
    assert_eq!(host.counter("other"), None);
    assert_eq!(host.kept("churn", "n"), Some("1"));
    assert_eq!(host.explain("churn")?, r#"{"notes":["churn"]}"#);
    host.finish()?;
    assert_eq!(host.log(), ["finished after action-2"]);
    Ok(())
}

#[test]
fn suppressions_have_fields_while_somebody_looks_and_a_time() -> Result<(), Error> {
    let mut host = puppet("suppresses")?;
    host.feed(&metrics("fraud", 1))?;
    host.set_explaining(true);
    host.feed(&metrics("fraud", 1))?;
    let held = host.suppressed();
    assert_eq!((held[0].fields.as_str(), held[0].why.as_str()), ("{}", "quiet"));
    assert_eq!(held[1].fields, r#"{"n":2,"f1":0.5,"row":0}"#);
    assert_eq!(held[1].until_ns, Some(held[1].time_ns + 1));
    Ok(())
}

#[test]
fn what_mlmon_refuses_is_refused_with_a_text() {
    let error = |what: &str, lines: &str| match puppet(what).and_then(|mut host| host.feed(lines)) {
        Ok(()) => "none".to_string(),
        Err(error) => error.to_string(),
    };
    let one = metrics("m", 1);
    assert_eq!(error("refuses", ""), "what: is refused");
    assert_eq!(error("bad type", &one), "act: expected a type of a-z, 0-9 and _");
    assert_eq!(error("emits", &one), "none");
    assert_eq!(error("emits another", &one), "emit: the class does not emit this type");
    assert_eq!(error("acts as the host", &one), "act: fields: \"event_time\" is the host's");
    assert_eq!(error("emits as the host", &one), "emit: fields: \"at\" is the host's");
    assert_eq!(error("keeps too much", &one), "state_put: expected a key of 1 byte to 1 KiB");
    assert!(error("panics", &one).ends_with("panicked: as I was told"));
    assert_eq!(error("acts", "\n{}"), "line 2: type: expected a string");
    assert_eq!(error("acts", "{"), "line 1: JSON, byte 1: expected a string");
    let deploy = event("deploy", "m", &at(1), "");
    assert_eq!(error("subscribes", &deploy), "none");
    assert!(error("acts", &deploy).starts_with("line 1: type: the observer does not subscribe"));
    let late = event("drift", "m", "yesterday", "");
    assert_eq!(
        error("acts", &late),
        "line 1: detected_at: expected a time such as 2026-01-31T08:00:00Z"
    );
    let refused = |config| Testing::of::<Puppet>(config).err().unwrap().to_string();
    assert_eq!(refused(r#"{"waht":"acts"}"#), "waht: unknown key");
    assert_eq!(refused(r#"{"what":1}"#), "what: expected a string");
    assert_eq!(refused("[]"), "the configuration: expected a JSON object");
}

#[test]
fn a_call_that_fails_leaves_nothing_behind_and_nothing_more_is_called() -> Result<(), Error> {
    let mut host = puppet("fails at two")?;
    host.feed(&metrics("fraud", 1))?;
    let failed = host.feed(&(metrics("churn", 2) + &metrics("other", 3))).unwrap_err();
    assert_eq!(failed.to_string(), "two is too many");
    assert_eq!(host.feed(&metrics("fraud", 4)).unwrap_err(), failed);
    assert_eq!(
        (host.actions().len(), host.kept("churn", "n"), host.counter("seen")),
        (1, None, Some(1))
    );
    Ok(())
}

#[test]
fn an_observer_goes_on_after_a_restart_with_what_it_kept_under_other_handles() -> Result<(), Error>
{
    let mut host = puppet("acts")?;
    host.feed(&(metrics("a", 1) + &metrics("b", 1) + &metrics("b", 2) + &metrics("c", 2)))?;
    host.restart()?;
    host.feed(&(metrics("b", 3) + &metrics("d", 3)))?;
    let kept: Vec<_> = ["a", "b", "c", "d"].iter().map(|model| host.kept(model, "n")).collect();
    assert_eq!(kept, [Some("1"), Some("3"), Some("1"), Some("1")]);
    assert_eq!(host.counter("seen"), Some(2)); // of this run
    host.keep("a", "n", "7");
    assert_eq!(host.kept("a", "n"), Some("7"));
    host.migrate(1)?;
    assert_eq!(host.kept("", "was"), Some("1"));
    assert_eq!(host.migrate(0).unwrap_err().to_string(), "too old");
    Ok(())
}

#[test]
fn ticks_come_between_the_events_that_they_stand_between() -> Result<(), Error> {
    let lines = [("b", 1), ("a", 2), ("b", 6), ("b", 7), ("a", 19)]
        .map(|(model, minute)| metrics(model, minute));
    for one_by_one in [false, true] {
        let mut host = Testing::of::<Puppet>(r#"{"every":"5m"}"#)?;
        let batches = if one_by_one { lines.to_vec() } else { vec![lines.concat()] };
        for batch in batches {
            host.feed(&batch)?;
        }
        let ticks: Vec<_> = told(&host).into_iter().filter(|text| text.contains("tick")).collect();
        assert_eq!(ticks, ["a tick 0 08:05", "b tick 0 08:05", "a tick 0 08:15", "b tick 0 08:15"]);
    }
    Ok(())
}

#[test]
fn fields_are_found_as_in_a_run() -> Result<(), Error> {
    let mut host = puppet("acts")?;
    let mut found = |kind: &str, value: &str| -> Result<String, Error> {
        let members = format!(r#""metrics": {{"a":1, "a\/b" : [0, {} ]}}"#, value);
        host.feed(&event(kind, "m", "2026-02-01T09:00:00.5+01:00", &members))?;
        assert_eq!(host.actions().last().unwrap().time(), "2026-02-01T08:00:00.5Z");
        let fields = &host.actions().last().unwrap().fields;
        Ok(fields[fields.find(r#""row":0"#).unwrap() + 7..].to_string())
    };
    assert_eq!(found("metrics", "-1.5e1")?, r#","number":-15,"json":-1.5e1}"#);
    assert_eq!(found("metrics", "1e999")?, r#","json":1e999}"#);
    assert_eq!(found("metrics", r#"{"k":[1,"]"]}"#)?, r#","json":{"k":[1,"]"]}}"#);
    assert_eq!(found("drift", "2")?, r#","number":2}"#);
    Ok(())
}
