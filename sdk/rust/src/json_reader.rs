//! Reading JSON text.

use crate::error::Error;
use crate::json::{Json, Value};

const DEEPEST: usize = 128;

/// Recursive descent; every function leaves `at` behind what it read.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0 }
    }

    pub fn whole(mut self) -> Result<Json, Error> {
        let value = self.value(String::new(), 0)?;
        self.skip_space();
        if self.at == self.text.len() {
            Ok(value)
        } else {
            Err(self.error("nothing more"))
        }
    }

    fn value(&mut self, path: String, depth: usize) -> Result<Json, Error> {
        self.skip_space();
        let value = match self.peek() {
            _ if depth > DEEPEST => return Err(self.error("less nesting")),
            b'{' => Value::Object(self.object(&path, depth)?),
            b'[' => Value::Array(self.array(&path, depth)?),
            b'"' => Value::Text(self.string()?),
            b'-' | b'0'..=b'9' => Value::Number(self.number()?),
            _ if self.word("true") => Value::Flag(true),
            _ if self.word("false") => Value::Flag(false),
            _ if self.word("null") => Value::Null,
            _ => return Err(self.error("a value")),
        };
        Ok(Json { path, value })
    }

    fn object(&mut self, path: &str, depth: usize) -> Result<Vec<(String, Json)>, Error> {
        let mut members = Vec::new();
        self.at += 1;
        if self.skip(b'}') {
            return Ok(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.expect(b':', "':'")?;
            let place = if path.is_empty() { name.clone() } else { format!("{}.{}", path, name) };
            members.push((name, self.value(place, depth + 1)?));
            if !self.skip(b',') {
                self.expect(b'}', "',' or '}'")?;
                return Ok(members);
            }
        }
    }

    fn array(&mut self, path: &str, depth: usize) -> Result<Vec<Json>, Error> {
        let mut items = Vec::new();
        self.at += 1;
        if self.skip(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value(format!("{}[{}]", path, items.len()), depth + 1)?);
            if !self.skip(b',') {
                self.expect(b']', "',' or ']'")?;
                return Ok(items);
            }
        }
    }

    fn number(&mut self) -> Result<String, Error> {
        let begin = self.at;
        self.skip_byte(b'-');
        if !self.skip_byte(b'0') {
            self.digits()?;
        }
        if self.skip_byte(b'.') {
            self.digits()?;
        }
        if self.skip_byte(b'e') || self.skip_byte(b'E') {
            let _signed = self.skip_byte(b'+') || self.skip_byte(b'-');
            self.digits()?;
        }
        Ok(self.text[begin..self.at].into())
    }

    fn digits(&mut self) -> Result<(), Error> {
        if !self.peek().is_ascii_digit() {
            return Err(self.error("a digit"));
        }
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Error> {
        if !self.skip_byte(b'"') {
            return Err(self.error("a string"));
        }
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            match rest.chars().next() {
                Some('"') => break,
                Some('\\') => out.push(self.escape()?),
                Some(c) if c >= ' ' => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
                _ => return Err(self.error("a string without control characters, and its end")),
            }
        }
        self.at += 1;
        Ok(out)
    }

    fn escape(&mut self) -> Result<char, Error> {
        self.at += 1;
        let c = match self.peek() {
            b'u' => return self.unicode(),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            _ => return Err(self.error("an escape")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.hex4()?;
        let code = match first {
            0xD800..=0xDBFF if self.word("\\") && self.peek() == b'u' => {
                let second = self.hex4()?;
                // One that is no second half gives a surrogate or nothing, which `from_u32` refuses.
                0x10000 + ((first - 0xD800) << 10) + second.checked_sub(0xDC00).unwrap_or(0x10_FFFF)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.error("a surrogate pair"))
    }

    /// From the u of \uXXXX.
    fn hex4(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|four| four.bytes().all(|c| c.is_ascii_hexdigit()));
        let code = digits.and_then(|four| u32::from_str_radix(four, 16).ok());
        let code = code.ok_or_else(|| self.error("four hexadecimal digits"))?;
        self.at += 5;
        Ok(code)
    }

    /// 0 at the end: no rule above takes it.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.peek() {
            self.at += 1;
        }
    }

    fn skip_byte(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn skip(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.skip_byte(byte)
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Error> {
        if self.skip(byte) {
            Ok(())
        } else {
            Err(self.error(what))
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text[self.at..].starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn error(&self, expected: &str) -> Error {
        Error::config(format!("JSON, byte {}: expected {}", self.at, expected))
    }
}
