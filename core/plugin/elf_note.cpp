#include "core/plugin/elf_note.h"

#include <elf.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace mlmon {
namespace {

constexpr std::string_view kOwner{"mlmon\0", 6};
constexpr std::uint32_t kNoteType = 1;
constexpr std::size_t kLargestSegment = 1 << 20;

/// Reads `size` bytes at `offset`; false if the file does not hold them.
bool read_at(std::ifstream& file, std::uint64_t offset, void* to, std::size_t size) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
  return file.gcount() == static_cast<std::streamsize>(size);
}

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// The first note of ours in a segment; empty: there is none.
std::string find_note(std::string_view segment) {
  while (segment.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, segment.data(), sizeof header);
    const std::size_t owner_at = sizeof header;
    const std::size_t text_at = owner_at + aligned(header.n_namesz);
    const std::size_t end = text_at + aligned(header.n_descsz);
    if (end > segment.size()) return {};
    if (header.n_type == kNoteType && segment.substr(owner_at, header.n_namesz) == kOwner) {
      return std::string(segment.substr(text_at, header.n_descsz));
    }
    segment.remove_prefix(end);
  }
  return {};
}

}  // namespace

Result<std::string> read_plugin_note(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path + ": " + std::strerror(errno)};
  Elf64_Ehdr elf;
  if (!read_at(file, 0, &elf, sizeof elf) || std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_type != ET_DYN ||
      elf.e_phentsize != sizeof(Elf64_Phdr)) {
    return Error{path + ": is not a 64-bit ELF shared library"};
  }
  for (unsigned i = 0; i < elf.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(file, elf.e_phoff + i * sizeof segment, &segment, sizeof segment)) break;
    if (segment.p_type != PT_NOTE || segment.p_filesz > kLargestSegment) continue;
    std::vector<char> bytes(segment.p_filesz);
    if (!read_at(file, segment.p_offset, bytes.data(), bytes.size())) continue;
    if (std::string note = find_note({bytes.data(), bytes.size()}); !note.empty()) return note;
  }
  return std::string();
}

}  // namespace mlmon
