//! Events as an observer sees them, one by one or by column.

use std::marker::PhantomData;
use std::slice;

use crate::abi;
use crate::field::Field;

/// One deployment of a model: name, version, deployed_at. Handles are dense, 1, 2, 3 …, so that `index`
/// finds its place in a `Vec`; they hold for the life of the process and no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Model(pub(crate) u32);

impl Model {
    /// Of none: for state that belongs to the observer as a whole.
    pub const NONE: Model = Model(0);

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Metrics,
    Drift,
    Job,
    /// A type that this observer subscribed to.
    Other(u32),
}

impl From<u32> for Kind {
    fn from(kind: u32) -> Kind {
        match kind {
            abi::KIND_METRICS => Kind::Metrics,
            abi::KIND_DRIFT => Kind::Drift,
            abi::KIND_JOB => Kind::Job,
            other => Kind::Other(other),
        }
    }
}

/// Consecutive events of one source. `for event in batch` gives those that the observer subscribed to, in
/// order. A column has a value for every row, of events of others too: go by `Event::row`.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    raw: &'a abi::Batch,
    _not_for_other_threads: PhantomData<*const ()>,
}

impl<'a> Batch<'a> {
    /// # Safety
    /// `raw` is a batch of the host, all of it valid for `'a`.
    pub unsafe fn new(raw: &'a abi::Batch) -> Batch<'a> {
        Batch { raw, _not_for_other_threads: PhantomData }
    }

    /// How many events `iter` gives.
    pub fn len(&self) -> usize {
        self.raw.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> Events<'a> {
        Events { batch: *self, next: 0 }
    }

    /// The batch may hold events that an earlier run had seen already.
    pub fn replay(&self) -> bool {
        self.raw.flags & abi::BATCH_REPLAY != 0
    }

    /// The events are what other observers emitted.
    pub fn derived(&self) -> bool {
        self.raw.flags & abi::BATCH_DERIVED != 0
    }

    /// Events that are missing just before this batch (overflow = "drop_newest").
    pub fn dropped(&self) -> u64 {
        self.raw.dropped
    }

    /// Nanoseconds since 1970.
    pub fn time_ns(&self) -> &'a [i64] {
        self.slice(self.raw.time_ns)
    }

    // Figures: NaN where the event does not carry it.
    pub fn accuracy(&self) -> &'a [f64] {
        self.slice(self.raw.accuracy)
    }
    pub fn precision(&self) -> &'a [f64] {
        self.slice(self.raw.precision)
    }
    pub fn recall(&self) -> &'a [f64] {
        self.slice(self.raw.recall)
    }
    pub fn f1(&self) -> &'a [f64] {
        self.slice(self.raw.f1)
    }
    pub fn p_value(&self) -> &'a [f64] {
        self.slice(self.raw.p_value)
    }
    pub fn magnitude(&self) -> &'a [f64] {
        self.slice(self.raw.magnitude)
    }

    /// The row of the i-th event of `iter`.
    ///
    /// # Panics
    /// If `i` is not less than `len`.
    pub fn row(&self, i: usize) -> usize {
        assert!(i < self.len(), "event {} of a batch of {}", i, self.len());
        // SAFETY: just checked.
        unsafe { self.row_unchecked(i) }
    }

    /// # Safety
    /// `i` is less than `len`.
    unsafe fn row_unchecked(&self, i: usize) -> usize {
        if self.raw.sel.is_null() {
            i
        } else {
            *self.raw.sel.add(i) as usize
        }
    }

    pub(crate) fn slice<T>(&self, column: *const T) -> &'a [T] {
        if self.raw.rows == 0 || column.is_null() {
            return &[];
        }
        // SAFETY: by the contract of `new` every column has `rows` values.
        unsafe { slice::from_raw_parts(column, self.raw.rows as usize) }
    }

    pub(crate) fn column(&self, number: u32) -> Option<&'a abi::Column> {
        if number >= self.raw.n_columns {
            return None;
        }
        // SAFETY: `columns` has `n_columns` pointers to columns.
        unsafe { (*self.raw.columns.add(number as usize)).as_ref() }
    }
}

impl<'a> IntoIterator for &Batch<'a> {
    type Item = Event<'a>;
    type IntoIter = Events<'a>;
    fn into_iter(self) -> Events<'a> {
        self.iter()
    }
}

/// The events of a batch that the observer subscribed to.
pub struct Events<'a> {
    batch: Batch<'a>,
    next: usize,
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if self.next == self.batch.len() {
            return None;
        }
        // SAFETY: just checked.
        let row = unsafe { self.batch.row_unchecked(self.next) };
        self.next += 1;
        Some(Event { batch: self.batch, row })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.len() - self.next;
        (left, Some(left))
    }
}

/// One event. A figure that it does not carry is NaN, so that every comparison with it is false.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    pub(crate) batch: Batch<'a>,
    row: usize,
}

impl<'a> Event<'a> {
    pub fn row(&self) -> usize {
        self.row
    }

    /// Nanoseconds since 1970.
    pub fn time_ns(&self) -> i64 {
        self.value(self.batch.raw.time_ns)
    }

    pub fn model(&self) -> Model {
        Model(self.value(self.batch.raw.model))
    }

    pub fn kind(&self) -> Kind {
        Kind::from(self.raw_kind())
    }

    pub(crate) fn raw_kind(&self) -> u32 {
        self.value(self.batch.raw.kind)
    }

    pub fn accuracy(&self) -> f64 {
        self.value(self.batch.raw.accuracy)
    }
    pub fn precision(&self) -> f64 {
        self.value(self.batch.raw.precision)
    }
    pub fn recall(&self) -> f64 {
        self.value(self.batch.raw.recall)
    }
    pub fn f1(&self) -> f64 {
        self.value(self.batch.raw.f1)
    }
    pub fn p_value(&self) -> f64 {
        self.value(self.batch.raw.p_value)
    }
    pub fn magnitude(&self) -> f64 {
        self.value(self.batch.raw.magnitude)
    }

    /// The predictions behind the figures.
    pub fn samples(&self) -> Option<i64> {
        Some(self.value(self.batch.raw.samples)).filter(|samples| *samples >= 0)
    }

    /// In the whole decompressed source, from 1.
    pub fn line(&self) -> u64 {
        self.value(self.batch.raw.line)
    }

    /// Of the line, in bytes, there.
    pub fn offset(&self) -> u64 {
        self.value(self.batch.raw.offset)
    }

    /// The event's line, without its newline.
    pub fn raw(&self) -> &'a str {
        let at = self.value(self.batch.raw.raw_off) as usize;
        let len = self.value(self.batch.raw.raw_len) as usize;
        // SAFETY: the host's text of this row.
        unsafe { abi::Str { ptr: self.batch.raw.raw.add(at), len }.as_str() }
    }

    /// A field that was asked for in `create`; `None` where the event has none, or not of that type.
    pub fn get<F: Field<'a>>(&self, field: F) -> Option<F::Value> {
        field.read(self)
    }

    fn value<T: Copy>(&self, column: *const T) -> T {
        // SAFETY: only `Events` makes events, of rows that the host gave: each column has them.
        unsafe { *column.add(self.row) }
    }
}
