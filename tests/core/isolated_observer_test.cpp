// The host's side of an observer in a process of its own, against others that say anything at all.
#include "core/isolation/isolated_observer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace mlmon;

namespace {

/// Services that take everything, touch each byte of it, and count their calls.
struct TakesAll {
  std::uint64_t calls = 0, bytes = 0;
  std::string error;

  static TakesAll& of(mlmon_observer_host* host) { return *reinterpret_cast<TakesAll*>(host); }
  mlmon_observer_host* handle() { return reinterpret_cast<mlmon_observer_host*>(this); }

  std::int32_t take(std::initializer_list<mlmon_str> texts) {
    ++calls;
    for (const mlmon_str& text : texts) {
      for (std::size_t i = 0; i < text.len; ++i) bytes += static_cast<unsigned char>(text.ptr[i]);
    }
    return MLMON_OK;
  }

  static mlmon_observer_services table() {
    using Host = mlmon_observer_host;
    mlmon_observer_services table = {};
    table.size = sizeof table;
    table.abi_minor = MLMON_ABI_MINOR;
    table.log = [](Host* host, std::int32_t, mlmon_str text) { of(host).take({text}); };
    table.set_error = [](Host* host, mlmon_str text) { of(host).error.assign(text.ptr, text.len); };
    table.cancelled = [](Host*) { return 0; };
    table.model_info = [](Host*, mlmon_model model, mlmon_model_info* info) {
      info->model = model;
      info->name = {"m", 1};
      info->version = {"1.0.0", 5};
      info->deployed_at = {"2026-01-01T00:00:00Z", 20};
      return MLMON_OK;
    };
    table.act = [](Host* host, const mlmon_action* action) {
      return of(host).take({action->type, action->rule, action->transition, action->fields});
    };
    table.suppress = [](Host* host, const mlmon_suppression* held) {
      return of(host).take({held->of, held->rule, held->why, held->fields});
    };
    table.emit = [](Host* host, const mlmon_derived* derived) { return of(host).take({derived->type, derived->fields}); };
    table.explaining = [](Host*) { return 0; };
    table.state_put = [](Host* host, mlmon_model, mlmon_str key, mlmon_str value) { return of(host).take({key, value}); };
    table.state_delete = [](Host* host, mlmon_model, mlmon_str key) { return of(host).take({key}); };
    table.last_action_id = [](Host*, mlmon_str* id) {
      *id = {"01ID", 4};
      return MLMON_OK;
    };
    table.project = [](Host* host, const mlmon_projection* wanted, std::uint32_t* column) {
      *column = 0;
      return of(host).take({wanted->pointer, wanted->event_type});
    };
    table.subscribe = [](Host* host, mlmon_str type, std::uint32_t* kind) {
      *kind = 16;
      return of(host).take({type});
    };
    table.kind_name = [](Host*, std::uint32_t, mlmon_str* type) {
      *type = {"metrics", 7};
      return MLMON_OK;
    };
    table.counter = [](Host* host, mlmon_str name, mlmon_str help, std::uint32_t* counter) {
      *counter = 0;
      return of(host).take({name, help});
    };
    table.count = [](Host*, std::uint32_t counter, std::uint64_t) { return counter < 64 ? MLMON_OK : MLMON_E_NOT_FOUND; };
    table.tick_every = [](Host*, std::int64_t) { return MLMON_OK; };
    table.state_scan = [](Host*, mlmon_model) { return MLMON_OK; };
    table.state_next = [](Host*, mlmon_state_item*) { return MLMON_E_NOT_FOUND; };
    return table;
  }
};

/// A host whose child is the test: what that says is sent before it is called.
struct Conversation {
  Conversation() : services(TakesAll::table()) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    auto region = BatchRegion::create();
    REQUIRE(region);
    IsolationPlan plan;
    plan.call_ns = 5'000'000'000;
    host.emplace(FrameSocket(ends[0]), std::move(*region), takes.handle(), &services, plan);
  }
  ~Conversation() {
    hang_up();
    host.reset();
  }

  void say(const std::string& bytes) {
    const ssize_t sent = ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }

  /// Three events of two models.
  std::int32_t call() {
    static const std::int64_t longs[3] = {1, 2, 3};
    static const std::uint64_t places[3] = {1, 2, 3};
    static const std::uint32_t models[3] = {1, 2, 1}, kinds[3] = {1, 2, 3}, off[3] = {0, 2, 4}, len[3] = {1, 1, 1};
    static const double figures[3] = {0.5, 0.25, 1};
    mlmon_batch batch = {};
    batch.size = sizeof batch;
    batch.rows = batch.count = 3;
    batch.time_ns = batch.samples = longs;
    batch.model = models;
    batch.kind = kinds;
    batch.accuracy = batch.precision = batch.recall = batch.f1 = batch.p_value = batch.magnitude = figures;
    batch.line = batch.offset = places;
    batch.raw_off = off;
    batch.raw_len = len;
    batch.raw = "a\nb\nc\n";
    return host->on_batch(batch);
  }

  int ends[2] = {-1, -1};
  TakesAll takes;
  mlmon_observer_services services;
  std::optional<IsolatedObserver> host;
};

std::string returned(std::int32_t code) { return FrameWriter(FrameKind::kReturn).i32(code).text("").u32(0).take(); }

}  // namespace

TEST_CASE("a child that keeps to the protocol is served") {
  Conversation talk;
  talk.say(FrameWriter(FrameKind::kAct).u32(1).u32(2).text("alert").text("low").text("").text("{}").take() +
           FrameWriter(FrameKind::kPut).u32(1).text("k").text("v").take() +
           FrameWriter(FrameKind::kRaw).u32(2).take() + returned(0));
  CHECK(talk.call() == MLMON_OK);
  CHECK(talk.takes.calls == 2);
}

TEST_CASE("what breaks the protocol is named, and the child is lost") {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {FrameWriter(static_cast<FrameKind>(77)).take(), "a frame of the unknown kind 77"},
      {FrameWriter(FrameKind::kHello).take(), "a frame of the unknown kind 1"},
      {FrameWriter(FrameKind::kAct).u32(1).take(), "a frame of kind 4 that is not whole"},
      {FrameWriter(FrameKind::kPut).u32(1).text("k").text("v").u32(0).take(), "a frame of kind 7 that is not whole"},
      {FrameWriter(FrameKind::kReturn).i32(0).take(), "an end of a call that is not whole"},
      {FrameWriter(FrameKind::kReturn).i32(0).text("").u32(1).u32(99).u64(1).take(), "it counted 99"},
      {std::string("\xff\xff\xff\xff\x01\0\0\0", 8), "a frame that is too long"},
      {std::string(3, 'x'), "closed its connection"}};
  for (const auto& [bytes, text] : broken) {
    INFO(text);
    Conversation talk;
    talk.say(bytes);
    ::shutdown(talk.ends[1], SHUT_WR);
    CHECK(talk.call() == kObserverLost);
    CHECK_THAT(talk.takes.error, Catch::Matchers::Contains(text));
    CHECK(talk.call() == kObserverLost);
  }
}

TEST_CASE("a child cannot say that it is lost, nor return what is no code") {
  Conversation talk;
  talk.say(returned(kObserverLost));
  CHECK(talk.call() == MLMON_E_FAILED);
  talk.say(returned(4711));
  CHECK(talk.call() == MLMON_OK);
}

TEST_CASE("random bytes and random frames never harm the host") {
  std::minstd_rand random(42);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  std::uint64_t frames = 0;
  for (int round = 0; round < 3000; ++round) {
    Conversation talk;
    std::string bytes;
    const std::uint32_t n = below(12);
    for (std::uint32_t i = 0; i < n; ++i, ++frames) {
      FrameWriter frame(static_cast<FrameKind>(below(round % 2 == 0 ? 16 : 120)));
      for (std::uint32_t parts = below(8); parts > 0; --parts) {
        switch (below(4)) {
          case 0:
            frame.u32(below(6));
            break;
          case 1:
            frame.u32(static_cast<std::uint32_t>(random()));
            break;
          case 2:
            frame.u64(random());
            break;
          default:
            frame.text(std::string(below(40), static_cast<char>(below(256))));
        }
      }
      bytes += frame.take();
    }
    for (std::uint32_t flips = below(4); flips > 0 && !bytes.empty(); --flips) {
      bytes[below(static_cast<std::uint32_t>(bytes.size()))] ^= static_cast<char>(1 << below(8));
    }
    talk.say(bytes);
    talk.hang_up();
    const std::int32_t code = talk.call();
    CHECK((code == kObserverLost || code <= MLMON_OK));
  }
  CHECK(frames > 10'000);
}

TEST_CASE("the memory of batches cannot be written or cut by the child") {
  auto region = BatchRegion::create();
  REQUIRE(region);
  CHECK(::mmap(nullptr, BatchRegion::kFirst, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd(), 0) == MAP_FAILED);
  CHECK(::ftruncate(region->fd(), 0) != 0);
  CHECK(::write(region->fd(), "x", 1) != 1);
  auto child = BatchRegion::open(region->fd());
  REQUIRE(child);
  CHECK_FALSE(child->cancelled());
  region->set_cancelled();
  CHECK(child->cancelled());
}
