#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "core/action/output.h"

namespace mlmon {

/// Where the program talks to people: stderr, be it a terminal, a file or a pipe. A status line can
/// stand at its end; what is written goes before it. Thread-safe.
class Terminal {
 public:
  /// Of a descriptor that somebody else owns.
  explicit Terminal(int fd);
  ~Terminal();

  bool is_terminal() const { return is_terminal_; }

  /// Colours are seen and wanted: a terminal that is not dumb, and NO_COLOR is unset or empty.
  bool wants_color() const { return wants_color_; }

  /// Columns, now; 80 where nobody knows.
  std::size_t width() const;

  /// Whole lines, in one write; false: they could not be written.
  bool write(std::string_view lines);

  /// One line without newline that replaces the last one, in one write; empty: none.
  void show_status(std::string_view text);

  /// Takes the status line away while somebody else writes to the same terminal; the others wait.
  class Aside {
   public:
    explicit Aside(Terminal& terminal);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    Terminal& terminal_;
    const std::lock_guard<std::mutex> lock_;
  };

 private:
  std::string blank() const;

  const int fd_;
  const bool is_terminal_;
  const bool wants_color_;
  std::mutex mutex_;
  std::string status_;
};

/// An output that may be the same terminal: the status line is away while it writes.
class OutputAside final : public Output {
 public:
  OutputAside(Output& output, Terminal& terminal) : output_(output), terminal_(terminal) {}
  Result<void> write(std::string_view lines) override;
  Result<void> complete(std::string_view lines, const std::optional<OutputPlace>& known) override;
  std::optional<OutputPlace> place() const override { return output_.place(); }
  Result<bool> renew() override { return output_.renew(); }

 private:
  Output& output_;
  Terminal& terminal_;
};

/// Writes everything, waiting if need be; false: errno says why not.
bool write_all(int fd, std::string_view bytes);

/// Columns that UTF-8 text takes: one a character, two of those that are wide (CJK, most emoji).
std::size_t columns(std::string_view text);

/// The columns that a table on the descriptor may have: those of the terminal, else any number.
std::size_t table_width(int fd);

/// Printable text cut to so many columns (at least one), then with `…` at its end.
std::string cut(std::string_view text, std::size_t limit);

/// Text of others, made printable, and cut to so many columns, then with `…` at its end.
std::string printable(std::string_view text, std::size_t limit = std::string_view::npos);

/// The same of a cell of a table: "-" if there is no text.
std::string or_dash(std::string_view text);

}  // namespace mlmon
