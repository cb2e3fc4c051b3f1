#include <algorithm>
#include <cctype>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <nlohmann/json.hpp>

#include "ctl/json.h"
#include "ctl/json_parts.h"
#include "ctl/print.h"

namespace quayside::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

constexpr std::string_view kMask = "********";

Json FromMessage(const google::protobuf::Message& message);

// MOUNT_TYPE_BIND of enum MountType is "bind".
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (std::isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  std::string word = value.name();
  if (word.starts_with(prefix + "_")) word.erase(0, prefix.size() + 1);
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

// `index` is -1 for a field that does not repeat.
Json FromField(const google::protobuf::Message& message, const FieldDescriptor& field, int index) {
  const Reflection& r = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? r.GetInt32(message, &field) : r.GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r.GetInt64(message, &field) : r.GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? r.GetUInt32(message, &field) : r.GetRepeatedUInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? r.GetUInt64(message, &field) : r.GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return one ? r.GetDouble(message, &field) : r.GetRepeatedDouble(message, &field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return one ? r.GetFloat(message, &field) : r.GetRepeatedFloat(message, &field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return one ? r.GetBool(message, &field) : r.GetRepeatedBool(message, &field, index);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumWord(one ? *r.GetEnum(message, &field)
                          : *r.GetRepeatedEnum(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? r.GetString(message, &field) : r.GetRepeatedString(message, &field, index);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(one ? r.GetMessage(message, &field)
                             : r.GetRepeatedMessage(message, &field, index));
  }
  return nullptr;
}

Json FromEntries(const google::protobuf::Message& message, const FieldDescriptor& field) {
  Json object = Json::object();
  const Reflection& r = *message.GetReflection();
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    const auto& entry =
        static_cast<const v1::StringEntry&>(r.GetRepeatedMessage(message, &field, i));
    const bool masked = field.name() == "environment" && IsSecretName(entry.key());
    object[entry.key()] = masked ? std::string(kMask) : entry.value();
  }
  return object;
}

Json FromMessage(const google::protobuf::Message& message) {
  const auto* type = message.GetDescriptor();
  if (type == google::protobuf::Duration::descriptor()) {
    const auto& duration = static_cast<const google::protobuf::Duration&>(message);
    return absl::FormatDuration(absl::Seconds(duration.seconds()) +
                                absl::Nanoseconds(duration.nanos()));
  }
  if (type == google::protobuf::Timestamp::descriptor()) {
    return Rfc3339(static_cast<const google::protobuf::Timestamp&>(message));
  }
  const Reflection& r = *message.GetReflection();
  if (type == v1::StringList::descriptor()) {
    Json list = Json::array();
    for (const std::string& value : static_cast<const v1::StringList&>(message).values()) {
      list.push_back(value);
    }
    return list;
  }
  Json object = Json::object();
  std::vector<const FieldDescriptor*> fields;
  r.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    Json& value = object[field->name()];
    if (!field->is_repeated()) {
      value = FromField(message, *field, -1);
    } else if (field->message_type() == v1::StringEntry::descriptor()) {
      value = FromEntries(message, *field);
    } else {
      value = Json::array();
      for (int i = 0; i < r.FieldSize(message, field); ++i) {
        value.push_back(FromField(message, *field, i));
      }
    }
  }
  return object;
}

// ---- JSON as YAML ----

bool IsPlainYaml(const std::string& text) {
  static constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no",
                                                "on",   "off",   "y",    "n",   "~"};
  if (text.empty()) return false;
  std::string lower;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (!std::isalnum(u) && std::string_view("_./@-").find(c) == std::string_view::npos) {
      return false;
    }
    lower += static_cast<char>(std::tolower(u));
  }
  if (!std::isalpha(static_cast<unsigned char>(text[0])) && text[0] != '/') return false;
  return std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
}

std::string YamlScalar(const Json& value) {
  if (value.is_string() && IsPlainYaml(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void AppendYaml(std::string& out, const Json& value, size_t depth) {
  const std::string indent(depth * 2, ' ');
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      out += indent + YamlScalar(Json(key)) + ":";
      if (child.is_structured() && !child.empty()) {
        out += "\n";
        AppendYaml(out, child, depth + 1);
      } else {
        out += " " + YamlScalar(child) + "\n";
      }
    }
    return;
  }
  for (const Json& child : value) {
    if (!child.is_structured() || child.empty()) {
      out += indent + "- " + YamlScalar(child) + "\n";
      continue;
    }
    std::string block;
    AppendYaml(block, child, depth + 1);
    block[depth * 2] = '-';
    out += block;
  }
}

}  // namespace

std::string MessageJson(const google::protobuf::Message& message) {
  return FromMessage(message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string JsonToYaml(std::string_view json) {
  const Json value = Json::parse(json, nullptr, false);
  if (!value.is_structured() || value.empty()) return YamlScalar(value) + "\n";
  std::string out;
  AppendYaml(out, value, 0);
  return out;
}

bool IsSecretName(std::string_view name) {
  std::string upper;
  for (const char c : name) {
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  for (const char* part : {"PASSWORD", "SECRET", "TOKEN", "KEY"}) {
    if (upper.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace quayside::ctl
