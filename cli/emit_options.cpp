#include <algorithm>
#include <string>
#include <utility>

#include "cli/subcommand.h"
#include "core/event/event_members.h"

namespace mlmon {
namespace {

using MemberTexts = std::vector<std::pair<MemberPath, std::string>>;

/// "--p-value,--p_value"
std::string flag_names(std::string name) {
  std::string flag = name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag == name ? "--" + name : "--" + flag + ",--" + name;
}

Result<void> put_pair(const std::string& text, std::uint32_t kind, MemberTexts& values) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) return expected("FIELD=VALUE", text);
  auto path = parse_member_path(text.substr(0, equals), kind);
  if (!path) return path.error();
  values.emplace_back(std::move(*path), text.substr(equals + 1));
  return {};
}

/// A flag of NAME=VALUE, for a member of an object by its name.
void add_named(Flags& flags, const std::string& names, MemberPath path, MemberTexts& values) {
  flags.value(names, [path, &values](const std::string& text) -> Result<void> {
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return expected("NAME=VALUE", text);
    MemberPath named = path;
    named.key = text.substr(0, equals);
    values.emplace_back(std::move(named), text.substr(equals + 1));
    return {};
  });
}

/// A flag that stands twice has its last value.
void add_member(Flags& flags, const std::string& names, Field field, MemberTexts& values) {
  flags.value(names, [field, &values](const std::string& text) -> Result<void> {
    std::erase_if(values, [&](const auto& value) { return value.first.field == field; });
    values.push_back({{field, {}, Field::kUnknown}, text});
    return {};
  });
}

void add_members(Flags& flags, std::uint32_t kind, MemberTexts& values) {
  for (const EventMember& member : model_members()) {
    const std::string names = flag_names(std::string(name_of(member.field)));
    add_member(flags, member.field == Field::kName ? "--model,--name" : names, member.field, values);
  }
  for (const EventMember& member : members_of(kind)) {
    const std::string names = flag_names(std::string(name_of(member.field)));
    switch (member.value) {
      case MemberValue::kType:
      case MemberValue::kModel: break;
      case MemberValue::kFigures: add_named(flags, "--metric", {member.field, {}, {}}, values); break;
      case MemberValue::kTexts: add_named(flags, "--label", {member.field, {}, {}}, values); break;
      case MemberValue::kFeatures:
        add_named(flags, "--feature-p-value", {member.field, {}, Field::kPValue}, values);
        add_named(flags, "--feature-magnitude", {member.field, {}, Field::kMagnitude}, values);
        break;
      case MemberValue::kEventTime:
        add_member(flags, "--at," + names, member.field, values);
        break;
      default: add_member(flags, names, member.field, values);
    }
  }
}

Invocation parse_emit_kind(std::uint32_t kind, const std::string& name,
                           const std::vector<std::string>& arguments) {
  EmitOptions options;
  options.kind = kind;
  Flags flags;
  flags.path("-c,--config", options.config);
  flags.texts("--set", options.sets);
  add_members(flags, kind, options.values);
  return finish("emit " + name, flags, options, arguments,
                [&](const std::vector<std::string>& rest) -> Result<void> {
                  for (const std::string& pair : rest) {
                    if (auto put = put_pair(pair, kind, options.values); !put) return put;
                  }
                  return {};
                });
}

}  // namespace

Invocation parse_emit(const std::vector<std::string>& arguments) {
  std::vector<Command> commands;
  const std::pair<std::string, std::uint32_t> kinds[] = {{"metrics", kMetrics}, {"drift", kDrift}};
  for (const auto& [name, kind] : kinds) {
    commands.push_back({name, [name = name, kind = kind](const std::vector<std::string>& rest) {
                          return parse_emit_kind(kind, name, rest);
                        }});
  }
  return parse_command("emit", commands, arguments);
}

}  // namespace mlmon
