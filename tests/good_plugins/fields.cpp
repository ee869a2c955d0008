// Says at every event what it finds in the fields that it asked for.
#include <mlmon/observer.hpp>

class Fields final : public mlmon::Observer {
 public:
  explicit Fields(mlmon::Setup& setup)
      : number_(setup.number_field(setup.config().text("pointer"))),
        integer_(setup.integer_field(setup.config().text("pointer"))),
        boolean_(setup.boolean_field(setup.config().text("pointer"))),
        text_(setup.text_field(setup.config().text("pointer"))),
        json_(setup.json_field(setup.config().text("pointer"))),
        only_drift_(setup.json_field(setup.config().text("pointer"), "drift")) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      mlmon::Fields said;
      if (number_(event) == number_(event)) said.number("number", number_(event));
      if (const auto value = integer_(event)) said.integer("integer", *value);
      if (const auto value = boolean_(event)) said.flag("boolean", *value);
      if (const auto value = text_(event)) said.text("text", *value);
      if (const auto value = json_(event)) said.json("json", *value);
      if (const auto value = only_drift_(event)) said.json("of_drift", *value);
      act(event, "found", "fields", said);
    }
  }

 private:
  mlmon::NumberField number_;
  mlmon::IntegerField integer_;
  mlmon::BooleanField boolean_;
  mlmon::TextField text_, json_, only_drift_;
};

MLMON_PLUGIN(mlmon::observer_class<Fields>("test.fields", "1.0.0", "says what it finds", R"({
  "type": "object", "additionalProperties": false,
  "properties": {"pointer": {"type": "string", "default": "/x"}}
})"))
