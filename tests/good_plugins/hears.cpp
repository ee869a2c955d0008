// Says at every event what it is, and emits `heard` for every derived one, so that they make a chain.
#include <mlmon/observer.hpp>

class Hears final : public mlmon::Observer {
 public:
  explicit Hears(mlmon::Setup& setup) : json_(setup.json_field("")) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      act(event, "told", batch.derived() ? "derived" : "plain",
          mlmon::Fields().json("event", *json_(event)));
      if (batch.derived()) emit(event, "heard");
    }
  }

 private:
  mlmon::TextField json_;
};

MLMON_PLUGIN(mlmon::observer_class<Hears>("test.hears", "1.0.0", "hears events")
                 .subscribes("metrics low retrain org.example.silence heard")
                 .emits("heard"))
