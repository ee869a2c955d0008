//! Counts the events with a low F1, in Rust.

use mlmon::{Batch, Error, Host, Observer, Setup};

struct InRust {
    low: u64,
}

impl Observer for InRust {
    fn create(_: &mut Setup) -> Result<Self, Error> {
        Ok(InRust { low: 0 })
    }

    fn on_batch(&mut self, batch: &Batch, _: &mut Host) -> Result<(), Error> {
        self.low += batch.iter().filter(|event| event.f1() < 0.5).count() as u64;
        Ok(())
    }
}

mlmon::export_plugin! {
    observer: InRust,
    id: "org.mlmon.bench.in_rust",
    version: "1.0.0",
    summary: "counts low figures in Rust",
}
