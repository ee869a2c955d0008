#pragma once

#include "core/store/checkpoint_store.h"
#include "core/store/job_store.h"
#include "core/store/outbox_store.h"

namespace mlmon {

/// The durable memory of mlmon, for whoever uses all of it: one connection behind three interfaces. The pipeline
/// commits while observers ask and endpoints deliver.
class Store : public CheckpointStore, public OutboxStore, public JobStore {};

}  // namespace mlmon
