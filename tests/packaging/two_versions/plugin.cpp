// Tells at each event which version of the library it has, and how often it was asked.
#include <mlmon/observer.hpp>

#include "library.h"

class Teller final : public mlmon::Observer {
 public:
  explicit Teller(mlmon::Setup&) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      mlmon::Fields fields;
      fields.integer("version", library_version());
      fields.integer("calls", library_calls());
      act(event, "told", "library", fields);
    }
  }
};

MLMON_PLUGIN(mlmon::observer_class<Teller>("org.example.teller", "1.0.0", "tells what it has"))
