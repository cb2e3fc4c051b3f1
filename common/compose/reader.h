// Reads values out of a tree, reporting each that is not what its key wants with its place and the
// path of the key. Owned by one Load, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/compose/problems.h"
#include "common/compose/tree.h"

namespace quayside::compose {

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Adds a key to the path for as long as it lives.
  class Below {
   public:
    Below(Reader& reader, std::string_view key);
    ~Below() { reader_.path_.resize(size_); }
    Below(const Below&) = delete;
    Below& operator=(const Below&) = delete;

   private:
    Reader& reader_;
    const size_t size_;
  };

  Problems& problems() { return problems_; }
  const std::string& path() const { return path_; }

  void Error(const Mark& mark, std::string_view what) { problems_.Error(mark, path_, what); }
  void Unsupported(const Mark& mark, std::string_view what) {
    problems_.Unsupported(mark, path_, what);
  }
  void Warn(const Mark& mark, std::string_view what) { problems_.Warn(mark, path_, what); }
  // Says which of `known` is nearest. An `x-…` key is anybody's.
  void UnknownKey(const Entry& entry, const std::vector<std::string_view>& known);

  bool ExpectMap(const Node& node);
  bool ExpectSequence(const Node& node);

  // Each returns false, having said why, when the node is not such a value; then `into` is as
  // before.
  bool Text(const Node& node, std::string& into);
  bool Flag(const Node& node, bool& into);
  bool Integer(const Node& node, int64_t min, int64_t max, int64_t& into);
  bool Integer(const Node& node, int64_t min, int64_t max, int32_t& into);
  bool Integer(const Node& node, int64_t min, int64_t max, uint32_t& into);
  bool Real(const Node& node, double min, double max, double& into);
  bool Duration(const Node& node, absl::Duration& into);
  bool Bytes(const Node& node, int64_t& into);
  bool NanoCpus(const Node& node, int64_t& into);
  // A list of texts, or one text.
  bool Texts(const Node& node, std::vector<std::string>& into);
  // A map of texts, or a list of KEY=value. A null value or a KEY alone is "".
  bool TextMap(const Node& node, std::map<std::string, std::string>& into);
  // One of `choices`.
  bool Choice(const Node& node, const std::vector<std::string_view>& choices, std::string& into);

 private:
  Problems& problems_;
  std::string path_;
};

}  // namespace quayside::compose
