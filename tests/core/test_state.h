#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/store/postgres_state.h"
#include "core/store/sql_store.h"
#include "core/store/state_schema.h"

// A state of a test's own: temporary and SQLite's, or, where MLMON_TEST_POSTGRES names a database, in a schema of
// that one (core.on_postgres).

namespace mlmon {

/// The URL of a PostgreSQL that tests may use; nullptr: there is none.
inline const char* test_postgres() { return std::getenv("MLMON_TEST_POSTGRES"); }

/// The URL of an empty schema. REQUIRES: test_postgres().
inline std::string new_postgres_place() {
  static int count = 0;
  const std::string schema = "case" + std::to_string(++count);
  auto opened = PostgresConnection::open(test_postgres(), {});
  REQUIRE(opened.ok());
  REQUIRE((*opened)->execute(("DROP SCHEMA IF EXISTS " + schema + " CASCADE; CREATE SCHEMA " + schema).c_str()).ok());
  return std::string(test_postgres()) + "?options=-csearch_path%3D" + schema;
}

/// Where a test's state is that outlives its store: `folder`, or a new schema.
inline std::string new_state_place(const std::string& folder) {
  return test_postgres() != nullptr ? new_postgres_place() : folder;
}

inline std::unique_ptr<Store> open_store_at(const std::string& place) {
  auto opened = is_postgres_url(place) ? open_postgres_store(place, {}) : open_state_store(place);
  INFO((opened.ok() ? "" : opened.error().text));
  REQUIRE(opened.ok());
  return std::move(*opened);
}

/// The place that stands for a folder, the same each time.
inline std::string place_of_folder(const std::string& folder) {
  static std::map<std::string, std::string> places;
  auto& place = places[folder];
  if (place.empty()) place = new_state_place(folder);
  return place;
}

/// A store that nobody else looks into.
inline std::unique_ptr<Store> open_test_store() {
  if (test_postgres() != nullptr) return open_store_at(new_postgres_place());
  auto opened = open_temporary_store();
  REQUIRE(opened.ok());
  return std::move(*opened);
}

}  // namespace mlmon
