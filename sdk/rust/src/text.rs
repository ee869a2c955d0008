//! Writing text: figures, times, and the fields of an action.

use std::fmt::Write;

/// The shortest text that reads back as the same double, as the other languages of the SDK write it; valid
/// JSON if it is finite.
pub fn format_number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string().to_lowercase();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mut shortest = format!("{:e}", value.abs());
    // Of two that are as close, the even one, as the others do.
    let even =
        format!("{:.*e}", shortest.find('e').expect("an exponent").saturating_sub(2), value.abs());
    if even.parse() == Ok(value.abs()) {
        shortest = even;
    }
    let (mantissa, exponent) = shortest.split_once('e').expect("an exponent");
    let digits = mantissa.replace('.', "");
    let first: i32 = exponent.parse().expect("a number"); // the power of ten of the first digit
    let (n, one) = (digits.len() as i32, i32::from(digits.len() == 1));
    let last = first - (n - 1);
    if last < -(n + 3) + one || last > 5 - one {
        let power = if first < 0 { '-' } else { '+' };
        format!("{}{}e{}{:02}", sign, mantissa, power, first.abs())
    } else if last >= 0 {
        format!("{:.0}", value) // in full, and not with zeros where it has other digits
    } else if first >= 0 {
        let (whole, rest) = digits.split_at(first as usize + 1);
        format!("{}{}.{}", sign, whole, rest)
    } else {
        format!("{}0.{}{}", sign, "0".repeat((-first - 1) as usize), digits)
    }
}

/// With exactly so many digits behind the point, rounded to nearest: "0.310".
pub fn format_fixed(value: f64, digits: usize) -> String {
    format!("{:.*}", digits, value)
}

/// Nanoseconds since 1970 as RFC 3339 in UTC, with the digits of a second that it needs.
pub fn format_time(ns: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    let (seconds, nanos) = (ns.div_euclid(SECOND), ns.rem_euclid(SECOND));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));

    // Civil date from days in eras of 400 years that begin on 1 March
    // (howardhinnant.github.io/date_algorithms.html); year 0 begins 719,468 days before 1970.
    let (era, of_era) =
        ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year + i64::from(month <= 2);

    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let mut out =
        format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, hour, minute, second);
    if nanos != 0 {
        let digits = format!("{:09}", nanos);
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
    out.push('Z');
    out
}

/// The JSON pointer (RFC 6901) to a member: `["metrics", "a/b"]` is "/metrics/a~1b".
pub fn json_pointer(names: &[&str]) -> String {
    names.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Builds the further members of an action, one JSON object, in the order of the calls.
#[derive(Debug, Clone)]
pub struct Fields {
    json: String, // always complete
}

impl Default for Fields {
    fn default() -> Fields {
        Fields::new()
    }
}

impl Fields {
    pub fn new() -> Fields {
        Fields { json: "{}".into() }
    }

    pub fn text(&mut self, name: &str, value: &str) -> &mut Fields {
        self.begin(name);
        quote(&mut self.json, value);
        self.end()
    }

    /// Left out when it is NaN or infinite.
    pub fn number(&mut self, name: &str, value: f64) -> &mut Fields {
        if value.is_finite() {
            self.json(name, &format_number(value))
        } else {
            self
        }
    }

    pub fn integer(&mut self, name: &str, value: i64) -> &mut Fields {
        self.json(name, &value.to_string())
    }

    pub fn flag(&mut self, name: &str, value: bool) -> &mut Fields {
        self.json(name, if value { "true" } else { "false" })
    }

    /// A value that is JSON already.
    pub fn json(&mut self, name: &str, value: &str) -> &mut Fields {
        self.begin(name);
        self.json.push_str(value);
        self.end()
    }

    /// The object.
    pub fn as_str(&self) -> &str {
        &self.json
    }

    fn begin(&mut self, name: &str) {
        self.json.pop();
        if self.json.len() > 1 {
            self.json.push(',');
        }
        quote(&mut self.json, name);
        self.json.push(':');
    }

    fn end(&mut self) -> &mut Fields {
        self.json.push('}');
        self
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\0'..='\x1f' => write!(out, "\\u{:04x}", c as u32).expect("a String takes all"),
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_they_were() {
        for value in [
            0.0,
            -0.0,
            1.0,
            0.71,
            5e-5,
            1e-7,
            1e16,
            1e17,
            1.7976931348623157e308,
            5e-324,
            0.1 + 0.2,
        ] {
            assert_eq!(format_number(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(format_number(0.8), "0.8");
        assert_eq!(format_number(3.0), "3");
        assert_eq!(format_number(1e300), "1e+300");
    }

    #[test]
    fn fixed_digits_are_rounded_from_the_exact_value() {
        assert_eq!(format_fixed(0.125, 2), "0.12");
        assert_eq!(format_fixed(0.375, 2), "0.38");
        assert_eq!(format_fixed(0.5999, 2), "0.60");
        assert_eq!(format_fixed(0.31, 3), "0.310");
        assert_eq!(format_fixed(2.5, 0), "2");
    }

    #[test]
    fn times_are_written_in_utc_with_the_digits_they_need() {
        assert_eq!(format_time(0), "1970-01-01T00:00:00Z");
        assert_eq!(format_time(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(format_time(951_782_400_500_000_000), "2000-02-29T00:00:00.5Z");
        assert_eq!(format_time(i64::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(format_time(i64::MIN), "1677-09-21T00:12:43.145224192Z");
    }

    #[test]
    fn fields_are_one_object_and_quoted() {
        let mut fields = Fields::new();
        assert_eq!(fields.as_str(), "{}");
        fields.text("a\"b", "c\\\n\u{1}ä").number("n", f64::NAN).number("v", 0.5);
        fields.integer("i", -3).flag("f", true).json("j", "[1]");
        assert_eq!(fields.as_str(), r#"{"a\"b":"c\\\n\u0001ä","v":0.5,"i":-3,"f":true,"j":[1]}"#);
    }

    #[test]
    fn pointers_escape_what_would_part_them() {
        assert_eq!(json_pointer(&["metrics", "a/b~c"]), "/metrics/a~1b~0c");
    }
}
