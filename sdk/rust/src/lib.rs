//! Observers for mlmon in safe Rust.
//!
//! Implement [`Observer`], name it in [`export_plugin!`], build a `cdylib`; sdk/README.md of mlmon tells the
//! rest, and mlmon's headers say what each function of the host does. No dependencies. Needs a host of
//! plugin ABI 1.2.
//!
//! ```no_run
//! use mlmon::{Batch, Error, Fields, Host, Observer, Setup};
//!
//! struct LowRecall {
//!     limit: f64,
//! }
//!
//! impl Observer for LowRecall {
//!     fn create(setup: &mut Setup) -> Result<Self, Error> {
//!         Ok(LowRecall { limit: setup.config().number("min_recall")? })
//!     }
//!
//!     fn on_batch(&mut self, batch: &Batch, host: &mut Host) -> Result<(), Error> {
//!         for event in batch {
//!             if event.recall() < self.limit {
//!                 let mut fields = Fields::new();
//!                 fields.number("value", event.recall()).number("threshold", self.limit);
//!                 host.act(&event, "alert", "low_recall", &fields)?;
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! mlmon::export_plugin! {
//!     observer: LowRecall,
//!     id: "org.example.low_recall",
//!     version: "1.0.0",
//!     summary: "alerts at every event with a low recall",
//!     schema: r#"{"type": "object", "properties": {"min_recall": {"type": "number", "default": 0.5}}}"#,
//! }
//! ```

pub mod abi;
mod barrier;
mod batch;
#[doc(hidden)]
pub mod delivery;
mod error;
mod field;
mod host;
mod json;
mod json_reader;
#[doc(hidden)]
pub mod observer;
#[doc(hidden)]
pub mod plugin;
mod setup;
pub mod testing;
mod text;

pub use batch::{Batch, Event, Events, Kind, Model};
pub use delivery::{
    DeliveryHost, DeliverySetup, Endpoint, EndpointSpec, Item, JobReport, Outcome, Router,
};
pub use error::Error;
pub use field::{BooleanField, Field, IntegerField, NumberField, TextField};
pub use host::{Cause, Counter, Host, Kept, Level, ModelInfo, Scope, Tick};
pub use json::Json;
pub use observer::Observer;
pub use setup::Setup;
pub use text::{format_fixed, format_number, format_time, json_pointer, Fields};
