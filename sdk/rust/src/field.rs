//! Members of an event's JSON that an observer asked for in `create`, as columns.
//!
//! A field is a number: copy it freely. It belongs to the observer that asked for it.

use std::os::raw::c_char;

use crate::abi;
use crate::batch::{Batch, Event};

/// Of what type it is; for `Event::get`.
pub trait Field<'a>: Copy {
    type Value;
    fn read(self, event: &Event<'a>) -> Option<Self::Value>;
}

/// A JSON number.
#[derive(Debug, Clone, Copy)]
pub struct NumberField(pub(crate) u32);

/// A JSON number without fraction and exponent.
#[derive(Debug, Clone, Copy)]
pub struct IntegerField(pub(crate) u32);

#[derive(Debug, Clone, Copy)]
pub struct BooleanField(pub(crate) u32);

/// A JSON string, unescaped; or of `Setup::json_field` any value, as it stands in the line.
#[derive(Debug, Clone, Copy)]
pub struct TextField(pub(crate) u32);

impl NumberField {
    /// All rows of the batch, NaN where there is none.
    pub fn column<'a>(self, batch: &Batch<'a>) -> &'a [f64] {
        batch.column(self.0).map_or(&[], |column| batch.slice(column.numbers))
    }
}

impl IntegerField {
    /// All rows of the batch, `abi::ABSENT_INTEGER` where there is none.
    pub fn column<'a>(self, batch: &Batch<'a>) -> &'a [i64] {
        integers(batch, self.0)
    }
}

fn integers<'a>(batch: &Batch<'a>, number: u32) -> &'a [i64] {
    batch.column(number).map_or(&[], |column| batch.slice(column.integers))
}

fn integer(event: &Event<'_>, number: u32) -> Option<i64> {
    let value = *integers(&event.batch, number).get(event.row())?;
    Some(value).filter(|value| *value != abi::ABSENT_INTEGER)
}

impl<'a> Field<'a> for NumberField {
    type Value = f64;
    fn read(self, event: &Event<'a>) -> Option<f64> {
        let value = *self.column(&event.batch).get(event.row())?;
        Some(value).filter(|value| !value.is_nan())
    }
}

impl<'a> Field<'a> for IntegerField {
    type Value = i64;
    fn read(self, event: &Event<'a>) -> Option<i64> {
        integer(event, self.0)
    }
}

impl<'a> Field<'a> for BooleanField {
    type Value = bool;
    fn read(self, event: &Event<'a>) -> Option<bool> {
        integer(event, self.0).map(|value| value != 0)
    }
}

impl<'a> Field<'a> for TextField {
    type Value = &'a str;
    fn read(self, event: &Event<'a>) -> Option<&'a str> {
        let column = event.batch.column(self.0)?;
        let at = *event.batch.slice(column.text_off).get(event.row())?;
        let len = *event.batch.slice(column.text_len).get(event.row())?;
        if at == abi::ABSENT_TEXT {
            return None;
        }
        let ptr: *const c_char = column.text.wrapping_add(at as usize);
        // SAFETY: the host's text of this row, valid as long as the batch.
        Some(unsafe { abi::Str { ptr, len: len as usize }.as_str() })
    }
}
