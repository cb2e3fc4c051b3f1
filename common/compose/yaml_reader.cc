#include "common/compose/yaml_reader.h"

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <streambuf>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace quayside::compose {
namespace {

// Thrown through yaml-cpp to leave it, and caught in ParseYaml.
struct Stop {
  Mark mark;
  std::string what;
};

// What an anchor stands for, with its cost known before it is copied.
struct Anchored {
  Node node;
  size_t nodes = 0;
  size_t text_bytes = 0;
  int height = 0;
};

void Measure(const Node& node, int depth, Anchored& into) {
  ++into.nodes;
  into.text_bytes += node.text.size();
  into.height = std::max(into.height, depth);
  for (const Node& item : node.items) Measure(item, depth + 1, into);
  for (const Entry& entry : node.entries) {
    into.text_bytes += entry.key.size();
    Measure(entry.value, depth + 1, into);
  }
}

bool IsNullText(std::string_view text) {
  return text == "~" || text == "null" || text == "Null" || text == "NULL";
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(int file, const std::vector<int>& separators, Problems& problems)
      : file_(file), separators_(separators), problems_(problems) {}

  std::vector<Node> TakeDocuments() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp begins a new document wherever it cannot go on with the last one, on some input for
    // ever: each document but an implicit first one needs a `---` of its own.
    const int line = mark.line + 1;
    const auto separators =
        std::count_if(separators_.begin(), separators_.end(), [&](int at) { return at <= line; });
    if (documents_begun_ == 0) implicit_first_ = separators == 0;
    const size_t allowed = static_cast<size_t>(separators) + (implicit_first_ ? 1 : 0);
    if (++documents_begun_ > std::max<size_t>(allowed, 1)) {
      throw Stop{At(mark), "this does not belong to what is above it; check the indentation"};
    }
    if (documents_begun_ > kMaxDocuments) {
      throw Stop{At(mark), "more than " + std::to_string(kMaxDocuments) + " documents in one file"};
    }
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = At(mark);
    Finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Stop{At(mark), "an anchor cannot contain itself"};
    const Anchored& anchored = found->second;
    Count(At(mark), anchored.nodes, anchored.text_bytes);
    CheckDepth(At(mark), static_cast<int>(open_.size()) + anchored.height);
    Attach(anchored.node, At(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = MakeScalar(value, tag != "?", At(mark));
    if (tag == "?" && IsNullText(value)) {
      node.kind = Node::Kind::kNull;
      node.text.clear();
    }
    node.tag = CheckTag(tag, node.mark);
    if (!node.tag.empty()) {
      node.quoted = false;
      if (value.empty()) node.kind = Node::Kind::kNull;
    }
    Finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(MakeSequence(At(mark)), tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(MakeMap(At(mark)), tag, anchor);
  }
  void OnMapEnd() override {
    MergeIn(open_.back().node);
    Close();
  }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> key;                      // a key whose value has not come yet
    std::map<std::string, int, std::less<>> seen;  // key → line
  };

  Mark At(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void Count(const Mark& mark, size_t nodes, size_t text_bytes) {
    nodes_ += nodes;
    text_bytes_ += text_bytes;
    if (nodes_ > kMaxNodes) {
      throw Stop{mark, "more than " + std::to_string(kMaxNodes) +
                           " values once anchors are expanded; use fewer aliases"};
    }
    if (text_bytes_ > kMaxTreeTextBytes) {
      throw Stop{mark, "more than " + std::to_string(kMaxTreeTextBytes) +
                           " bytes of text once anchors are expanded; use fewer aliases"};
    }
  }

  static void CheckDepth(const Mark& mark, int depth) {
    if (depth > kMaxDepth) {
      throw Stop{mark, "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
    }
  }

  static void CheckEntries(const Mark& mark, const Node& node) {
    if (node.items.size() >= kMaxEntries || node.entries.size() >= kMaxEntries) {
      throw Stop{mark, "more than " + std::to_string(kMaxEntries) + " entries in one map or list"};
    }
  }

  // Our two tags; text is the only YAML type that a tag may force.
  std::string CheckTag(const std::string& tag, const Mark& mark) {
    if (tag == "!reset" || tag == "!override") return tag;
    static const std::set<std::string_view> kHarmless = {
        "", "?", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"};
    if (!kHarmless.contains(tag)) {
      problems_.Error(mark, "",
                      "the tag " + tag + " is not known; Compose has !reset and !override");
    }
    return "";
  }

  void Open(Node node, const std::string& tag, YAML::anchor_t anchor) {
    CheckDepth(node.mark, static_cast<int>(open_.size()) + 1);
    node.tag = CheckTag(tag, node.mark);
    Frame frame;
    frame.node = std::move(node);
    frame.anchor = anchor;
    open_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    Finish(std::move(frame.node), frame.anchor);
  }

  void Finish(Node node, YAML::anchor_t anchor) {
    Count(node.mark, 1, node.text.size());
    if (anchor != 0) {
      Anchored anchored;
      Measure(node, 1, anchored);
      anchored.node = node;
      // An anchor's own copy is as much memory as an alias of it.
      Count(node.mark, anchored.nodes, anchored.text_bytes);
      anchors_.insert_or_assign(anchor, std::move(anchored));
    }
    const Mark mark = node.mark;
    Attach(std::move(node), mark);
  }

  // `mark` is where it stands: for an alias another place than the node's own.
  void Attach(Node node, const Mark& mark) {
    if (open_.empty()) {
      if (!node.IsNull()) documents_.push_back(std::move(node));
      return;
    }
    Frame& frame = open_.back();
    CheckEntries(mark, frame.node);
    if (frame.node.IsSequence()) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.key.has_value()) {
      frame.key->value = std::move(node);
      if (frame.key->value.IsNull() && frame.key->value.tag.empty()) {
        frame.key->value.mark = frame.key->key_mark;  // an absent value stands nowhere
      }
      frame.node.entries.push_back(*std::move(frame.key));
      frame.key.reset();
    } else {
      BeginEntry(frame, node, mark);
    }
  }

  void BeginEntry(Frame& frame, const Node& node, const Mark& mark) {
    if (!node.IsScalar()) {
      throw Stop{mark, "a key must be a text, and this is " + std::string(KindName(node))};
    }
    const auto [first, fresh] = frame.seen.emplace(node.text, mark.line);
    if (!fresh) {
      problems_.Error(mark, node.text,
                      "this key stands here twice, first in line " + std::to_string(first->second) +
                          "; keep one of them");
    }
    frame.key = Entry{node.text, mark, Node{}};
  }

  // YAML's merge key: what the map says itself wins, then the earlier of several maps.
  void MergeIn(Node& map) {
    const Node* merged = Find(map, "<<");
    if (merged == nullptr) return;
    const Node source = *merged;
    Remove(map, "<<");
    std::set<std::string> present;
    for (const Entry& entry : map.entries) present.insert(entry.key);
    std::vector<Node> maps;
    if (source.IsSequence()) {
      maps = source.items;
    } else if (!source.IsNull()) {
      maps.push_back(source);
    }
    for (const Node& each : maps) {
      if (!each.IsMap()) {
        problems_.Error(each.mark, "<<", "a merge key needs a map or a list of maps");
        continue;
      }
      for (const Entry& entry : each.entries) {
        if (present.insert(entry.key).second) map.entries.push_back(entry);
      }
    }
  }

  const int file_;
  const std::vector<int>& separators_;
  Problems& problems_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::vector<Node> documents_;
  size_t documents_begun_ = 0;
  bool implicit_first_ = false;
  size_t nodes_ = 0;
  size_t text_bytes_ = 0;
};

// Bytes from memory without a copy.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written: a get area only
    setg(begin, begin, begin + text.size());
  }
};

// The length of the UTF-8 sequence at the start of `text`, 0 when it is not one (RFC 3629).
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first < 0xE0   ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool too_large = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

// Reports the first byte that no YAML file may hold; true when there is none.
bool CheckBytes(std::string_view text, int file, Problems& problems) {
  if (text.size() > kMaxFileBytes) {
    problems.Error({file, 0, 0}, "",
                   "larger than " + std::to_string(kMaxFileBytes) + " bytes, the limit for a file");
    return false;
  }
  Mark mark{file, 1, 1};
  for (size_t at = 0; at < text.size();) {
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    if (byte == 0) {
      problems.Error(mark, "", "a NUL byte; the file must be UTF-8 text");
      return false;
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      problems.Error(mark, "", "a control character; the file must be UTF-8 text");
      return false;
    }
    const size_t length = Utf8Length(text.substr(at));
    if (length == 0) {
      problems.Error(mark, "", "this is not UTF-8; save the file as UTF-8 text");
      return false;
    }
    at += length;
    mark.column += static_cast<int>(length);
    if (byte == '\n') {
      ++mark.line;
      mark.column = 1;
    }
  }
  return true;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// The lines (from 1) on which `---` begins a document.
std::vector<int> Separators(const std::vector<std::string_view>& lines) {
  std::vector<int> separators;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("---") &&
        (lines[i].size() == 3 ||
         std::string_view(" \t\r").find(lines[i][3]) != std::string_view::npos)) {
      separators.push_back(static_cast<int>(i) + 1);
    }
  }
  return separators;
}

bool TabInIndentation(std::string_view line) {
  const size_t end = line.find_first_not_of(" \t");
  return line.substr(0, end).find('\t') != std::string_view::npos;
}

}  // namespace

std::vector<Node> ParseYaml(std::string_view text, int file, Problems& problems) {
  if (!CheckBytes(text, file, problems)) return {};
  const std::vector<std::string_view> lines = Lines(text);
  const std::vector<int> separators = Separators(lines);
  TreeBuilder builder(file, separators, problems);
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    problems.Error(stop.mark, "", stop.what);
  } catch (const YAML::Exception& e) {
    const Mark mark{file, e.mark.line + 1, e.mark.column + 1};
    const size_t line = static_cast<size_t>(std::max(e.mark.line, 0));
    const bool tab = line < lines.size() && TabInIndentation(lines[line]);
    problems.Error(
        mark, "",
        tab ? "a tab in the indentation; YAML wants spaces" : "this is not YAML: " + e.msg);
  } catch (const std::exception& e) {
    problems.Error({file, 0, 0}, "", std::string("the file cannot be read as YAML: ") + e.what());
  }
  return builder.TakeDocuments();
}

}  // namespace quayside::compose
