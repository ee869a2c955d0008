#include "cli/conformance/guarded_block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <new>

namespace mlmon {

struct GuardedBlock::Region {
  char *begin, *end;  // all of it, the neighbours included
  char* data;
  std::size_t size;
  std::string before, behind, written, gone;  // what is said of each fault
  bool taken_back;
  Region* next;
};

/// What a fault is said to be, from within the handler of SIGSEGV.
struct FaultReport {
  static inline GuardedBlock::Region* first = nullptr;

  static void install() {
    static char stack[64 * 1024];
    const stack_t own = {stack, 0, sizeof stack};
    stack_t present = {};
    ::sigaltstack(nullptr, &present);
    if ((present.ss_flags & SS_DISABLE) != 0) ::sigaltstack(&own, nullptr);  // a sanitizer has one
    struct sigaction action = {};
    action.sa_sigaction = explain;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGSEGV, &action, nullptr);
  }

  /// Says it and returns: the instruction faults again, and this time the process dies.
  static void explain(int, siginfo_t* info, void*) {
    const char* at = static_cast<const char*>(info->si_addr);
    for (const GuardedBlock::Region* region = first; region != nullptr; region = region->next) {
      if (at < region->begin || at >= region->end) continue;
      const std::string& text = region->taken_back                  ? region->gone
                                : at < region->data                 ? region->before
                                : at >= region->data + region->size ? region->behind
                                                                    : region->written;
      [[maybe_unused]] const ssize_t told = ::write(2, text.data(), text.size());
      return;
    }
  }
};

GuardedBlock::GuardedBlock(const std::string& name, std::string_view bytes, Flush flush,
                           const std::string& until) {
  if (FaultReport::first == nullptr) FaultReport::install();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t room = (bytes.size() + page - 1) / page * page;
  void* mapped = ::mmap(nullptr, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(mapped);
  const std::size_t at = page + (flush == Flush::kEnd ? room - bytes.size() : 0);
  region_ = new Region{begin,
                       begin + room + 2 * page,
                       begin + at,
                       bytes.size(),
                       "it touched " + name + " before its beginning\n",
                       "it touched " + name + " past its end\n",
                       "it wrote to " + name + "\n",
                       "it used " + name + " after " + until + "\n",
                       false,
                       FaultReport::first};
  FaultReport::first = region_;
  if (bytes.empty()) return;
  std::memcpy(open(), bytes.data(), bytes.size());
  ::mprotect(begin + page, room, PROT_READ);
}

const char* GuardedBlock::data() const { return region_->data; }

char* GuardedBlock::open() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t room = static_cast<std::size_t>(region_->end - region_->begin) - 2 * page;
  ::mprotect(region_->begin + page, room, PROT_READ | PROT_WRITE);
  return region_->data;
}

void GuardedBlock::take_back() {
  region_->taken_back = true;
  const auto all = static_cast<std::size_t>(region_->end - region_->begin);
  ::madvise(region_->begin, all, MADV_DONTNEED);
  ::mprotect(region_->begin, all, PROT_NONE);
}

}  // namespace mlmon
