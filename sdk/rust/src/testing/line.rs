//! Lines as events, by their text: values of JSON as they stand there.

use crate::abi;
use crate::error::Error;
use crate::json::Json;
use crate::testing::state::State;

/// One event.
pub struct Line {
    pub text: String,
    pub model: u32,
    pub kind: u32,
    pub time_ns: i64,
    pub line: u64,
    pub offset: u64,
    /// The observer subscribed to it.
    pub seen: bool,
}

impl Line {
    pub fn read(text: &str, line: u64, offset: u64, state: &mut State) -> Result<Line, Error> {
        let wrong =
            |what: &str| Error { code: abi::E_INVALID, text: format!("line {}: {}", line, what) };
        Json::parse(text).map_err(|error| wrong(&error.text))?;
        let at = |pointer: &str| resolve(text, pointer).and_then(raw_text);
        let kind_name = at("/type").ok_or_else(|| wrong("type: expected a string"))?;
        let model = (at("/model/name"), at("/model/version"), at("/model/deployed_at"));
        let model = match model {
            (Some(name), Some(version), Some(deployed_at)) => (name, version, deployed_at),
            _ => return Err(wrong("model: expected an object with name, version and deployed_at")),
        };
        let expected = "expected a time such as 2026-01-31T08:00:00Z";
        let deployed_ns =
            unix_ns(&model.2).ok_or_else(|| wrong(&format!("model.deployed_at: {}", expected)))?;
        let time = match kind_name.as_str() {
            "metrics" => "captured_at",
            "drift" => "detected_at",
            _ => "at",
        };
        let time_ns = at(&format!("/{}", time))
            .and_then(|text| unix_ns(&text))
            .ok_or_else(|| wrong(&format!("{}: {}", time, expected)))?;
        let seen = state.sees(&kind_name);
        let kind = state.kind(&kind_name);
        if kind >= 16 && !seen {
            return Err(wrong(
                "type: the observer does not subscribe to it, and mlmon does not know it",
            ));
        }
        let model = state.intern(model, deployed_ns);
        Ok(Line { text: text.to_string(), model, kind, time_ns, line, offset, seen })
    }
}

/// The end of the JSON value that begins at `at`, in valid JSON.
fn behind_value(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    while at < text.len() {
        match text[at] {
            b'"' => {
                at = behind_string(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b',' | b'}' | b']' if depth == 0 => return at,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

fn behind_string(text: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

fn skip(text: &[u8], mut at: usize, more: u8) -> usize {
    while at < text.len() && (text[at].is_ascii_whitespace() || text[at] == more) {
        at += 1;
    }
    at
}

/// The members of an object, or the items of an array by their numbers. `None`: another value.
pub fn members(json: &str) -> Option<Vec<(String, &str)>> {
    let text = json.as_bytes();
    let open = skip(text, 0, b' ');
    let object = match text.get(open)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let mut all = Vec::new();
    let mut at = open + 1;
    loop {
        at = skip(text, at, b',');
        if at >= text.len() || text[at] == b'}' || text[at] == b']' {
            return Some(all);
        }
        let name = if object {
            let begin = at;
            at = behind_string(text, at);
            let name = raw_text(&json[begin..at])?;
            at = skip(text, at, b':');
            name
        } else {
            all.len().to_string()
        };
        let end = behind_value(text, at);
        all.push((name, json[at..end].trim_end()));
        at = end;
    }
}

/// The value that a JSON pointer leads to.
pub fn resolve<'t>(mut json: &'t str, pointer: &str) -> Option<&'t str> {
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        json = members(json)?.into_iter().find(|(name, _)| *name == token)?.1;
    }
    Some(json)
}

/// Of a JSON string.
pub fn raw_text(json: &str) -> Option<String> {
    Json::parse(json).ok()?.as_text().ok().map(String::from)
}

/// Nanoseconds since 1970 of an RFC 3339 time.
pub fn unix_ns(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        text.get(from..to).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse::<i64>().ok()
    };
    let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    if separators.iter().any(|(at, c)| text.get(*at..at + 1) != Some(c)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let fraction = text[19..].strip_prefix('.').unwrap_or("");
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let nanos: i64 = format!("{:0<9}", &fraction[..digits]).get(..9)?.parse().ok()?;
    let zone = &text[if digits > 0 { 20 + digits } else { 19 }..];
    let east = match (zone, zone.len()) {
        ("Z", _) => 0,
        (_, 6) if zone.as_bytes()[3] == b':' && zone.starts_with(['+', '-']) => {
            let at = text.len() - 5;
            let east = (number(at, at + 2)? * 60 + number(at + 3, at + 5)?) * 60;
            if zone.starts_with('-') {
                -east
            } else {
                east
            }
        }
        _ => return None,
    };
    // Days from a civil date, howardhinnant.github.io/date_algorithms.html.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - east;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}
