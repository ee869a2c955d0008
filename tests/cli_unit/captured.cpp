#include "tests/cli_unit/captured.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

namespace mlmon {

CapturedFile::CapturedFile() {
  char name[] = "/tmp/mlmon-captured-XXXXXX";
  fd_ = mkstemp(name);
  REQUIRE(fd_ >= 0);
  unlink(name);
}

CapturedFile::~CapturedFile() { close(fd_); }

std::string CapturedFile::take() {
  std::string text(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
  REQUIRE(pread(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  REQUIRE(ftruncate(fd_, 0) == 0);
  lseek(fd_, 0, SEEK_SET);
  return text;
}

CapturedTerminal::CapturedTerminal(unsigned short columns) {
  other_side_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  REQUIRE(other_side_ >= 0);
  REQUIRE(grantpt(other_side_) == 0);
  REQUIRE(unlockpt(other_side_) == 0);
  fd_ = open(ptsname(other_side_), O_RDWR | O_NOCTTY);
  REQUIRE(fd_ >= 0);
  termios modes;
  REQUIRE(tcgetattr(fd_, &modes) == 0);
  cfmakeraw(&modes);
  REQUIRE(tcsetattr(fd_, TCSANOW, &modes) == 0);
  const winsize size{24, columns, 0, 0};
  REQUIRE(ioctl(fd_, TIOCSWINSZ, &size) == 0);
}

CapturedTerminal::~CapturedTerminal() {
  close(fd_);
  close(other_side_);
}

std::string CapturedTerminal::take() {
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(other_side_, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::string as_seen(const std::string& output) {
  std::string shown;
  std::vector<std::string> line;  // by column
  std::size_t column = 0;
  const auto end_line = [&] {
    while (!line.empty() && line.back() == " ") line.pop_back();
    for (const std::string& character : line) shown += character;
    line.clear();
  };
  for (const char byte : output) {
    if (byte == '\n') {
      end_line();
      shown += byte;
      column = 0;
    } else if (byte == '\r') {
      column = 0;
    } else if ((static_cast<unsigned char>(byte) & 0xC0) == 0x80) {
      line[column - 1] += byte;
    } else {
      if (line.size() <= column) line.resize(column + 1, " ");
      line[column++] = std::string(1, byte);
    }
  }
  end_line();
  return shown;
}

}  // namespace mlmon
