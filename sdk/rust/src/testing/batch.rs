//! Events as columns.

use std::os::raw::c_char;
use std::ptr;

use crate::abi;
use crate::json::Json;
use crate::testing::line::{raw_text, resolve, Line};
use crate::testing::state::State;

/// A batch and what it points to.
pub struct Columns {
    raw: abi::Batch,
    _owned: Vec<Box<Column>>,
    _pointers: Vec<*const abi::Column>,
    _figures: Vec<Vec<f64>>,
    _integers: Vec<Vec<i64>>,
    _words: Vec<Vec<u32>>,
    _places: Vec<Vec<u64>>,
}

/// A projected field.
struct Column {
    raw: abi::Column,
    numbers: Vec<f64>,
    integers: Vec<i64>,
    offsets: Vec<u32>,
    lengths: Vec<u32>,
    text: String,
}

impl Column {
    fn of(kind: u32, pointer: &str, event_kind: Option<u32>, events: &[Line]) -> Box<Column> {
        let mut column = Column {
            raw: unsafe { std::mem::zeroed() },
            numbers: Vec::new(),
            integers: Vec::new(),
            offsets: Vec::new(),
            lengths: Vec::new(),
            text: String::new(),
        };
        for event in events {
            let wanted = event_kind.map_or(true, |kind| kind == event.kind);
            column.add(kind, resolve(&event.text, pointer).filter(|_| wanted));
        }
        let mut column = Box::new(column);
        fn place<T>(values: &[T]) -> *const T {
            if values.is_empty() {
                ptr::null()
            } else {
                values.as_ptr()
            }
        }
        column.raw = abi::Column {
            size: abi::size_of::<abi::Column>(),
            r#type: kind,
            numbers: place(&column.numbers),
            integers: place(&column.integers),
            text_off: place(&column.offsets),
            text_len: place(&column.lengths),
            text: column.text.as_ptr() as *const c_char,
        };
        column
    }

    fn add(&mut self, kind: u32, value: Option<&str>) {
        let json = || value.and_then(|value| Json::parse(value).ok());
        match kind {
            abi::COLUMN_NUMBER => {
                let number = json().and_then(|json| json.as_number().ok());
                self.numbers.push(number.unwrap_or(f64::NAN));
            }
            abi::COLUMN_INTEGER => {
                let integer = json().and_then(|json| json.as_integer().ok());
                self.integers.push(integer.unwrap_or(abi::ABSENT_INTEGER));
            }
            abi::COLUMN_BOOLEAN => {
                let flag = json().and_then(|json| json.as_flag().ok());
                self.integers.push(flag.map_or(abi::ABSENT_INTEGER, i64::from));
            }
            _ => {
                let is_json = kind == abi::COLUMN_JSON;
                let text =
                    value.and_then(
                        |value| if is_json { Some(value.to_string()) } else { raw_text(value) },
                    );
                self.offsets
                    .push(text.as_ref().map_or(abi::ABSENT_TEXT, |_| self.text.len() as u32));
                self.lengths.push(text.as_ref().map_or(0, |text| text.len() as u32));
                self.text.push_str(&text.unwrap_or_default());
            }
        }
    }
}

impl Columns {
    pub fn of(events: &[Line], state: &State) -> Columns {
        let figure = |pointer| Column::of(abi::COLUMN_NUMBER, pointer, None, events).numbers;
        let figures: Vec<_> =
            ["/accuracy", "/precision", "/recall", "/f1", "/p_value", "/magnitude"]
                .map(figure)
                .into();
        let samples = Column::of(abi::COLUMN_INTEGER, "/samples", None, events).integers;
        let samples = samples.into_iter().map(|n| n.max(-1)).collect();
        let integers = vec![events.iter().map(|event| event.time_ns).collect::<Vec<_>>(), samples];
        let selected =
            (0..events.len() as u32).filter(|i| events[*i as usize].seen).collect::<Vec<_>>();
        let words: Vec<Vec<u32>> = vec![
            events.iter().map(|event| event.model).collect(),
            events.iter().map(|event| event.kind).collect(),
            selected,
        ];
        let places: Vec<Vec<u64>> = vec![
            events.iter().map(|event| event.line).collect(),
            events.iter().map(|event| event.offset).collect(),
        ];
        let mut owned: Vec<Box<Column>> = state
            .columns()
            .map(|(kind, pointer, event_kind)| Column::of(kind, pointer, event_kind, events))
            .collect();
        let pointers: Vec<*const abi::Column> =
            owned.iter().map(|column| &column.raw as *const abi::Column).collect();
        owned.push(Column::of(abi::COLUMN_JSON, "", None, events));
        let lines = &owned[owned.len() - 1].raw;
        let all = words[2].len() == events.len();
        let raw = abi::Batch {
            size: abi::size_of::<abi::Batch>(),
            flags: 0,
            first_seq: events[0].line,
            dropped: 0,
            rows: events.len() as u32,
            count: words[2].len() as u32,
            sel: if all { ptr::null() } else { words[2].as_ptr() },
            time_ns: integers[0].as_ptr(),
            model: words[0].as_ptr(),
            kind: words[1].as_ptr(),
            accuracy: figures[0].as_ptr(),
            precision: figures[1].as_ptr(),
            recall: figures[2].as_ptr(),
            f1: figures[3].as_ptr(),
            p_value: figures[4].as_ptr(),
            magnitude: figures[5].as_ptr(),
            samples: integers[1].as_ptr(),
            line: places[0].as_ptr(),
            offset: places[1].as_ptr(),
            raw_off: lines.text_off,
            raw_len: lines.text_len,
            raw: lines.text,
            n_columns: pointers.len() as u32,
            reserved: 0,
            columns: pointers.as_ptr(),
        };
        Columns {
            raw,
            _owned: owned,
            _pointers: pointers,
            _figures: figures,
            _integers: integers,
            _words: words,
            _places: places,
        }
    }

    pub fn batch(&self) -> *const abi::Batch {
        &self.raw
    }
}
