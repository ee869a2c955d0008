#include <catch2/catch.hpp>
#include <cstring>
#include <mlmon/delivery.hpp>
#include <mlmon/observer.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace {

class Quiet final : public mlmon::Observer {
 public:
  explicit Quiet(mlmon::Setup&) {}
  void on_batch(const mlmon::Batch&) override {}
};

class Nowhere final : public mlmon::Router {
 public:
  explicit Nowhere(mlmon::DeliverySetup&) {}
  std::vector<mlmon::EndpointSpec> endpoints() const override { return {}; }
  std::vector<std::uint32_t> route(const mlmon::Item&) const override { return {}; }
};

}  // namespace

MLMON_PLUGIN(
    mlmon::observer_class<Quiet>("org.example.a", "1.0.0", "says \"é\" and \\", "{}"),
    mlmon::delivery_class<Nowhere>("org.example.b", "2.0.0-rc.1+x", ""),
    mlmon::observer_class<Quiet>("org.example.c", "3.0.0", "both").with(mlmon::delivery<Nowhere>()))

TEST_CASE("plugin: the descriptor has every class in its order") {
  const mlmon_plugin& plugin = *mlmon_plugin_entry_v1(nullptr);
  CHECK(plugin.size == sizeof(mlmon_plugin));
  CHECK(plugin.abi_major == MLMON_ABI_MAJOR);
  CHECK(plugin.abi_minor == MLMON_ABI_MINOR);
  CHECK(plugin.min_host_minor == 0);
  REQUIRE(plugin.n_classes == 3);
  CHECK(std::string(plugin.classes[0]->id) == "org.example.a");
  CHECK(std::string(plugin.classes[0]->config_schema) == "{}");
  CHECK(plugin.classes[0]->observer != nullptr);
  CHECK(plugin.classes[0]->delivery == nullptr);
  CHECK(plugin.classes[1]->config_schema == nullptr);
  CHECK(plugin.classes[1]->observer == nullptr);
  CHECK(plugin.classes[1]->delivery != nullptr);
  CHECK(plugin.classes[2]->size == sizeof(mlmon_class));
  CHECK(plugin.classes[2]->observer != nullptr);
  CHECK(plugin.classes[2]->delivery != nullptr);
}

TEST_CASE("plugin: the note says the same as the descriptor") {
  CHECK(mlmon_note.owner_size == 6);
  CHECK(std::memcmp(mlmon_note.owner, "mlmon\0\0", 8) == 0);
  CHECK(mlmon_note.type == 1);
  CHECK(sizeof mlmon_note == 20 + (mlmon_note.json_size + 3) / 4 * 4);
  const auto note = nlohmann::json::parse(mlmon_note.json, mlmon_note.json + mlmon_note.json_size);
  CHECK(note["abi"] == "1.2");
  const mlmon_plugin& plugin = *mlmon_plugin_entry_v1(nullptr);
  REQUIRE(note["classes"].size() == plugin.n_classes);
  for (std::uint32_t i = 0; i < plugin.n_classes; ++i) {
    const mlmon_class& expected = *plugin.classes[i];
    const auto& told = note["classes"][i];
    CHECK(told["id"] == expected.id);
    CHECK(told["version"] == expected.version);
    CHECK(told["summary"] == expected.summary);
    nlohmann::json roles = nlohmann::json::array();
    if (expected.observer) roles.push_back("observer");
    if (expected.delivery) roles.push_back("delivery");
    CHECK(told["roles"] == roles);
  }
}
