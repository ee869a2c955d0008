// Only delivers: writes for each call a line with the rules of its actions, into "path". With "how" it gives up all
// actions, or only those of the rule that "how" names.
#include <fstream>
#include <mlmon/delivery.hpp>
#include <string>
#include <vector>

namespace {

class Appending final : public mlmon::Router {
 public:
  explicit Appending(mlmon::DeliverySetup&) {}

  std::vector<mlmon::EndpointSpec> endpoints() const override {
    mlmon::EndpointSpec spec;
    spec.name = "file";
    return {spec};
  }
  std::vector<std::uint32_t> route(const mlmon::Item&) const override { return {0}; }
};

class File final : public mlmon::Endpoint {
 public:
  File(mlmon::DeliverySetup& setup, std::uint32_t)
      : path_(setup.config().text("path")), how_(setup.config().text("how")) {}

  mlmon::Outcome deliver(const mlmon::Item& item) override {
    const std::string rule = item.read().text("rule");
    return how_ == "dead" || how_ == rule ? mlmon::Outcome::dead("moved away") : mlmon::Outcome::delivered();
  }

  std::vector<mlmon::Outcome> deliver_each(const std::vector<mlmon::Item>& items) override {
    std::ofstream file(path_, std::ios::app);
    for (const mlmon::Item& item : items) file << item.read().text("rule") << ' ';
    file << std::endl;
    return Endpoint::deliver_each(items);
  }

 private:
  const std::string path_, how_;
};

}  // namespace

MLMON_PLUGIN(mlmon::delivery_class<Appending, File>("test.appends", "1.0.0", "appends", R"({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {
    "path": {"type": "string", "format": "path"},
    "how": {"type": "string", "default": "well"}}})"))
