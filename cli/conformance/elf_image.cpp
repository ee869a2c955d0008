#include "cli/conformance/elf_image.h"

#include <elf.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace mlmon {
namespace {

/// Structs and texts of a file's bytes, none of them beyond its end.
class ElfBytes {
 public:
  explicit ElfBytes(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  bool get(std::uint64_t at, T& into) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof into) return false;
    std::memcpy(&into, bytes_.data() + at, sizeof into);
    return true;
  }

  /// The text up to its NUL; empty if it lies outside.
  std::string text(std::uint64_t at) const {
    if (at >= bytes_.size()) return {};
    const std::string_view rest = bytes_.substr(at);
    return std::string(rest.substr(0, rest.find('\0')));
  }

 private:
  std::string_view bytes_;
};

struct Section {
  Elf64_Shdr header;
  Elf64_Shdr strings;  // the section that it links to
};

bool find_section(const ElfBytes& file, const Elf64_Ehdr& elf, std::uint32_t type, Section& found) {
  for (unsigned i = 0; i < elf.e_shnum; ++i) {
    if (!file.get(elf.e_shoff + i * sizeof(Elf64_Shdr), found.header)) return false;
    if (found.header.sh_type == type) {
      return file.get(elf.e_shoff + found.header.sh_link * sizeof(Elf64_Shdr), found.strings);
    }
  }
  return false;
}

void read_symbols(const ElfBytes& file, const Section& section, ElfImage& image) {
  Elf64_Sym symbol;
  for (std::uint64_t at = 0; at < section.header.sh_size; at += sizeof symbol) {
    if (!file.get(section.header.sh_offset + at, symbol)) return;
    const unsigned bind = ELF64_ST_BIND(symbol.st_info);
    if (bind == STB_LOCAL) continue;
    image.symbols.push_back({file.text(section.strings.sh_offset + symbol.st_name),
                             symbol.st_shndx != SHN_UNDEF, bind == STB_WEAK, bind == STB_GNU_UNIQUE,
                             ELF64_ST_TYPE(symbol.st_info) == STT_FUNC});
  }
}

void add_search(const std::string& paths, const std::string& origin, ElfImage& image) {
  std::string_view rest = paths;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string folder(rest.substr(0, colon));
    for (const std::string_view name : {"$ORIGIN", "${ORIGIN}"}) {
      const std::size_t at = folder.find(name);
      if (at != std::string::npos) folder.replace(at, name.size(), origin);
    }
    if (!folder.empty()) image.search.push_back(folder);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
}

void read_dynamic(const ElfBytes& file, const Section& section, const std::string& origin,
                  ElfImage& image) {
  Elf64_Dyn entry;
  for (std::uint64_t at = 0; at < section.header.sh_size; at += sizeof entry) {
    if (!file.get(section.header.sh_offset + at, entry) || entry.d_tag == DT_NULL) return;
    const std::string text = file.text(section.strings.sh_offset + entry.d_un.d_val);
    if (entry.d_tag == DT_NEEDED) image.needed.push_back(text);
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) add_search(text, origin, image);
    if (entry.d_tag == DT_FLAGS) image.static_tls = (entry.d_un.d_val & DF_STATIC_TLS) != 0;
  }
}

}  // namespace

Result<ElfImage> ElfImage::read(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": " + std::strerror(errno)};
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const ElfBytes file(whole);
  Elf64_Ehdr elf;
  if (!file.get(0, elf) || std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_type != ET_DYN) {
    return Error{"is not a 64-bit ELF shared library"};
  }
  ElfImage image;
  image.executable_stack = true;
  for (unsigned i = 0; i < elf.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.get(elf.e_phoff + i * sizeof segment, segment)) break;
    if (segment.p_type == PT_GNU_STACK) image.executable_stack = (segment.p_flags & PF_X) != 0;
  }
  Section symbols, dynamic;
  if (!find_section(file, elf, SHT_DYNSYM, symbols) ||
      !find_section(file, elf, SHT_DYNAMIC, dynamic)) {
    return Error{"has no section headers for its dynamic symbols"};
  }
  read_symbols(file, symbols, image);
  read_dynamic(file, dynamic, std::filesystem::path(path).parent_path().string(), image);
  return image;
}

}  // namespace mlmon
