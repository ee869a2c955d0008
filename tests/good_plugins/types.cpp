// Says at every event of which type it is. Its class sees `deploy` and `metrics`, and what "also" names.
#include <mlmon/observer.hpp>
#include <string>

class Types final : public mlmon::Observer {
 public:
  explicit Types(mlmon::Setup& setup) : host_(setup.host()), seen_(setup.counter("seen", "events")) {
    const std::string also = setup.config().text("also");
    if (!also.empty()) setup.subscribe(also);
  }

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      mlmon_str type = {};
      host_.services->kind_name(host_.handle, event.kind(), &type);
      act(event, "saw", "type", mlmon::Fields().text("type", mlmon::to_view(type)));
      seen_.add();
    }
  }

 private:
  mlmon::ObserverHost host_;
  mlmon::Counter seen_;
};

MLMON_PLUGIN(mlmon::observer_class<Types>("test.types", "1.0.0", "says what it sees", R"({
  "type": "object", "additionalProperties": false,
  "properties": {"also": {"type": "string", "default": ""}}
})")
                 .subscribes("deploy metrics"))
