//! Reading the configuration.

use crate::error::Error;
use crate::json_reader::Reader;

/// One JSON value that knows its place in the whole. The getters fail with `Error::config` where the value
/// is missing or of another type; they never name the value that they found, it may be a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    pub(crate) path: String, // "receivers[0].url"; empty: the whole
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Number(String), // as it was written
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one RFC 8259 text, nested at most 128 deep; of equal names the first counts.
    pub fn parse(text: &str) -> Result<Json, Error> {
        Reader::new(text).whole()
    }

    /// A member of an object; `None` for null too.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match &self.value {
            Value::Object(members) => {
                members.iter().find(|(key, _)| key == name).map(|(_, json)| json)
            }
            _ => None,
        }
        .filter(|json| json.value != Value::Null)
    }

    pub fn at(&self, name: &str) -> Result<&Json, Error> {
        self.get(name).ok_or_else(|| {
            let dot = if self.path.is_empty() { "" } else { "." };
            Error::config(format!("{}{}{}: is missing", self.path, dot, name))
        })
    }

    pub fn number(&self, name: &str) -> Result<f64, Error> {
        self.at(name)?.as_number()
    }

    pub fn integer(&self, name: &str) -> Result<i64, Error> {
        self.at(name)?.as_integer()
    }

    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        self.at(name)?.as_flag()
    }

    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.at(name)?.as_text()
    }

    /// A string of format "duration" ("30s", "7d") in nanoseconds.
    pub fn duration_ns(&self, name: &str) -> Result<i64, Error> {
        self.at(name)?.as_duration_ns()
    }

    pub fn items(&self, name: &str) -> Result<&[Json], Error> {
        self.at(name)?.as_items()
    }

    pub fn as_number(&self) -> Result<f64, Error> {
        match &self.value {
            Value::Number(digits) => digits.parse().ok().filter(|value: &f64| value.is_finite()),
            _ => None,
        }
        .ok_or_else(|| self.expected("a number"))
    }

    pub fn as_integer(&self) -> Result<i64, Error> {
        match &self.value {
            Value::Number(digits) => digits.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.expected("an integer of 64 bits"))
    }

    pub fn as_flag(&self) -> Result<bool, Error> {
        match self.value {
            Value::Flag(value) => Ok(value),
            _ => Err(self.expected("true or false")),
        }
    }

    pub fn as_text(&self) -> Result<&str, Error> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.expected("a string")),
        }
    }

    pub fn as_duration_ns(&self) -> Result<i64, Error> {
        let text = self.as_text()?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit_ns = match &text[digits..] {
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => 0,
        };
        let count = text[..digits].parse::<i64>().ok().filter(|_| unit_ns > 0);
        count
            .and_then(|count| count.checked_mul(unit_ns))
            .ok_or_else(|| self.expected("a duration such as \"30s\""))
    }

    pub fn as_items(&self) -> Result<&[Json], Error> {
        match &self.value {
            Value::Array(items) => Ok(items),
            _ => Err(self.expected("an array")),
        }
    }

    fn expected(&self, what: &str) -> Error {
        let place = if self.path.is_empty() { "the whole" } else { &self.path };
        Error::config(format!("{}: expected {}", place, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(json: &str) -> Result<String, Error> {
        Json::parse(json)?.as_text().map(String::from)
    }

    #[test]
    fn members_are_read_by_name_and_type() {
        let json = Json::parse(
            r#" {"n":-1.5e2, "i":-42, "t":"x", "f":true, "z":null, "d":"7d", "a":[{"k":1},2], "o":{}} "#,
        )
        .unwrap();
        assert_eq!(json.number("n"), Ok(-150.0));
        assert_eq!(json.integer("i"), Ok(-42));
        assert_eq!(json.text("t"), Ok("x"));
        assert_eq!(json.flag("f"), Ok(true));
        assert_eq!(json.get("z"), None);
        assert_eq!(json.duration_ns("d"), Ok(7 * 86_400_000_000_000));
        assert_eq!(json.items("a").unwrap()[0].integer("k"), Ok(1));
    }

    #[test]
    fn messages_name_the_place_and_what_was_expected_but_no_value() {
        let json = Json::parse(r#"{"a":[{"k":"secret"}]}"#).unwrap();
        let item = &json.items("a").unwrap()[0];
        assert_eq!(item.number("k").unwrap_err().text, "a[0].k: expected a number");
        assert_eq!(item.number("x").unwrap_err().text, "a[0].x: is missing");
        assert_eq!(json.text("b").unwrap_err(), Error::config("b: is missing"));
        assert_eq!(
            Json::parse("1").unwrap().as_text().unwrap_err().text,
            "the whole: expected a string"
        );
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(
            text_of(r#""q\"\\\/\b\f\n\r\tä\u00e4\ud83d\ude00""#).unwrap(),
            "q\"\\/\u{8}\u{c}\n\r\tää😀"
        );
        for bad in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83d\u0041""#,
            r#""\ude00""#,
            r#""\x""#,
            r#""\u12g4""#,
            "\"a\nb\"",
            "\"a",
            "\"\\",
            r#""\u+123""#,
            r#""\ud83d\"#,
        ] {
            assert!(text_of(bad).is_err(), "{}", bad);
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in [
            "",
            "{",
            "[1,]",
            "{\"a\":}",
            "{\"a\" 1}",
            "01",
            "1.",
            "-",
            "1e",
            "+1",
            "tru",
            "nul",
            "1 2",
            "{a:1}",
        ] {
            assert!(Json::parse(bad).is_err(), "{}", bad);
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn numbers_beyond_their_type_are_refused() {
        let json = Json::parse(r#"{"big":1e400,"long":9223372036854775808,"half":1.5}"#).unwrap();
        assert!(json.number("big").is_err());
        assert!(json.integer("long").is_err());
        assert!(json.integer("half").is_err());
    }

    #[test]
    fn durations_are_digits_and_a_unit() {
        for bad in ["", "5", "-5s", "5 s", "1.5s", "5w", "s", "999999999999d", "é"] {
            let json = Json::parse(&format!("{{\"d\":\"{}\"}}", bad)).unwrap();
            assert_eq!(
                json.duration_ns("d").unwrap_err().text,
                "d: expected a duration such as \"30s\"",
                "{}",
                bad
            );
        }
    }
}
