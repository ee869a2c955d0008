//! All that the host for unit tests knows of one observer.

use std::collections::BTreeMap;

use crate::abi;
use crate::error::Error;
use crate::json::Json;
use crate::testing::line::members;
use crate::testing::Decision;

/// What an observer may ask for depends on the call that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Idle,
    Creating,
    Deciding,
    Migrating,
    Reading,
}

/// What a call that fails leaves as it was.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    pub actions: Vec<Decision>,
    pub suppressed: Vec<Decision>,
    pub emitted: Vec<Decision>,
    pub counts: Vec<u64>,
    pub kept: BTreeMap<(u32, String), Box<str>>,
}

pub struct Model {
    pub name: String,
    pub version: String,
    pub deployed_at: String,
    pub deployed_ns: i64,
}

/// All that the host knows of one instance.
pub struct State {
    pub phase: Phase,
    pub explaining: bool,
    pub decided: Decided,
    pub counters: Vec<String>,
    pub period_ns: i64,
    pub log: Vec<String>,
    /// Time and line of each row of the call at hand.
    pub rows: Vec<(i64, u64)>,
    failure: Option<Error>,
    pub error: String,
    subscribes: Vec<String>,
    pub emits: Vec<String>,
    pub subscribed: Vec<String>,
    pub types: Vec<String>, // of kinds from 16 on
    pub models: Vec<Model>,
    pub projections: Vec<(u32, String, String)>,
    pub last_id: String,
    pub scan: Vec<(u32, String, Box<str>)>, // the next one is the last
    pub lent: Option<(u32, String, Box<str>)>,
    pub freed: Vec<Box<str>>, // values that may be lent
}

const DERIVED: [&str; 5] = ["type", "model", "at", "id", "labels"];
const ACTED: [&str; 14] = [
    "action",
    "id",
    "observer",
    "rule",
    "state",
    "of",
    "why",
    "until",
    "model",
    "labels",
    "event_time",
    "source",
    "line",
    "offset",
];

pub const OWN: [&str; 3] = ["metrics", "drift", "job"];

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or("").split_whitespace().map(String::from).collect()
}

impl State {
    pub fn new(subscribes: Option<&str>, emits: Option<&str>) -> State {
        State {
            phase: Phase::Idle,
            explaining: false,
            decided: Decided::default(),
            counters: Vec::new(),
            period_ns: 0,
            log: Vec::new(),
            rows: Vec::new(),
            failure: None,
            error: String::new(),
            subscribes: words(subscribes.or(Some("metrics drift job"))),
            emits: words(emits),
            subscribed: Vec::new(),
            types: Vec::new(),
            models: Vec::new(),
            projections: Vec::new(),
            last_id: String::new(),
            scan: Vec::new(),
            lent: None,
            freed: Vec::new(),
        }
    }

    pub fn begin_instance(&mut self) {
        self.counters.clear();
        self.decided.counts.clear();
        self.subscribed.clear();
        self.projections.clear();
        self.period_ns = 0;
    }

    /// The first failure.
    pub fn failed(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    pub fn fail(&mut self, code: i32, text: &str) {
        let text = if text.is_empty() { self.error.clone() } else { text.to_string() };
        self.failure.get_or_insert(Error { code, text });
    }

    /// That ends the observer, whatever it makes of the answer.
    pub fn refuse(&mut self, service: &str, why: &str) -> i32 {
        self.fail(abi::E_INVALID, &format!("{}: {}", service, why));
        abi::E_INVALID
    }

    pub fn model_named(&self, name: &str) -> Option<u32> {
        self.models.iter().position(|model| model.name == name).map(|at| at as u32 + 1)
    }

    pub fn intern(
        &mut self,
        (name, version, deployed_at): (String, String, String),
        deployed_ns: i64,
    ) -> u32 {
        let known = self.models.iter().position(|model| {
            model.name == name && model.version == version && model.deployed_at == deployed_at
        });
        let at = known.unwrap_or_else(|| {
            self.models.push(Model { name, version, deployed_at, deployed_ns });
            self.models.len() - 1
        });
        at as u32 + 1
    }

    /// The models get other handles, as in another process.
    pub fn renumber(&mut self) {
        let n = self.models.len() as u32;
        self.models.reverse();
        let other = |model| if model == 0 { 0 } else { n + 1 - model };
        let kept = std::mem::take(&mut self.decided.kept);
        self.decided.kept =
            kept.into_iter().map(|((model, key), value)| ((other(model), key), value)).collect();
    }

    pub fn kind(&mut self, name: &str) -> u32 {
        if let Some(at) = OWN.iter().position(|own| *own == name) {
            return at as u32 + 1;
        }
        let at = self.types.iter().position(|known| known == name).unwrap_or_else(|| {
            self.types.push(name.to_string());
            self.types.len() - 1
        });
        at as u32 + 16
    }

    pub fn sees(&self, name: &str) -> bool {
        self.subscribes.iter().chain(&self.subscribed).any(|one| one == name)
    }

    /// Type, pointer, and the kind of events that it is wanted of.
    pub fn columns(&self) -> impl Iterator<Item = (u32, &str, Option<u32>)> {
        self.projections.iter().map(move |(kind, pointer, only)| {
            let own = OWN.iter().position(|own| own == only).map(|at| at as u32 + 1);
            let other = self.types.iter().position(|known| known == only).map(|at| at as u32 + 16);
            let only = if only.is_empty() { None } else { Some(own.or(other).unwrap_or(0)) };
            (*kind, pointer.as_str(), only)
        })
    }

    pub fn put(&mut self, model: u32, key: &str, value: &str) {
        if let Some(old) = self.decided.kept.insert((model, key.to_string()), value.into()) {
            self.freed.push(old);
        }
    }

    pub fn decide(
        &mut self,
        service: &str,
        row: u32,
        model: u32,
        texts: [abi::Str; 3],
    ) -> Result<Decision, i32> {
        let [kind, rule, fields] = texts.map(|text| unsafe { text.as_str() }.to_string());
        let why = if self.phase != Phase::Deciding {
            "only during on_batch and on_tick"
        } else if row as usize >= self.rows.len() {
            "the row is outside of the batch"
        } else if model == 0 || model as usize > self.models.len() {
            "there is no such model"
        } else if kind.is_empty() {
            "the type is empty"
        } else if rule.is_empty() {
            "the rule is empty"
        } else if fields.len() > 256 * 1024 {
            "the fields have more than 256 KiB"
        } else if !fields.is_empty() && (!fields.starts_with('{') || Json::parse(&fields).is_err())
        {
            "the fields are not a JSON object"
        } else if let Some(taken) =
            taken(&fields, if service == "emit" { &DERIVED } else { &ACTED })
        {
            return Err(self.refuse(service, &format!("fields: \"{}\" is the host's", taken)));
        } else {
            let (time_ns, line) = self.rows[row as usize];
            let fields = if fields.is_empty() { "{}".to_string() } else { fields };
            let model = &self.models[model as usize - 1];
            return Ok(Decision {
                kind,
                rule,
                state: String::new(),
                why: String::new(),
                fields,
                model: model.name.clone(),
                version: model.version.clone(),
                deployed_at: model.deployed_at.clone(),
                time_ns,
                until_ns: None,
                line,
            });
        };
        Err(self.refuse(service, why))
    }

    pub fn may_keep(&mut self, service: &str, model: u32, key: &str) -> Result<(), i32> {
        let why = if self.phase != Phase::Deciding && self.phase != Phase::Migrating {
            "only during on_batch, on_tick and migrate"
        } else if model as usize > self.models.len() {
            "there is no such model"
        } else if key.is_empty() || key.len() > 1024 {
            "expected a key of 1 byte to 1 KiB"
        } else if key.starts_with("mlmon:") {
            "keys that begin with mlmon: are the host's"
        } else {
            return Ok(());
        };
        Err(self.refuse(service, why))
    }

    pub fn creating(&mut self, service: &str) -> Result<(), i32> {
        if self.phase == Phase::Creating {
            return Ok(());
        }
        Err(self.refuse(service, "only during create"))
    }
}

/// The first of the fields that is the host's own.
fn taken(fields: &str, own: &[&str]) -> Option<String> {
    let all = members(fields).unwrap_or_default();
    all.into_iter().map(|(name, _)| name).find(|name| own.contains(&name.as_str()))
}

pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
}

/// The place of what equals, or of the new last one.
pub fn place<T: PartialEq>(all: &mut Vec<T>, one: T) -> u32 {
    let at = all.iter().position(|known| *known == one).unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    });
    at as u32
}
