// How each table of the model is laid out in the database (migrations/*.sql): the Shapes of
// table.h. Columns are bound and read in one order, the one that Columns() gives.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "controller/core/model.h"
#include "controller/store/sqlite.h"

namespace quayside::controller {

template <typename KeyType, typename RowType, size_t kKeys>
struct ShapeOf {
  using Key = KeyType;
  using Row = RowType;
  using Use = Statement::Use;
  static constexpr size_t kKeyColumns = kKeys;
};

struct FleetShape : ShapeOf<int, FleetRow, 1> {
  static constexpr char kTable[] = "fleet";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct HostShape : ShapeOf<HostId, HostRow, 1> {
  static constexpr char kTable[] = "host";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct AppShape : ShapeOf<AppName, AppRow, 1> {
  static constexpr char kTable[] = "app";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

// Without the digests, which are the rows of `service`.
struct RevisionShape : ShapeOf<RevisionKey, RevisionRow, 2> {
  static constexpr char kTable[] = "revision";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct SpecShape : ShapeOf<SpecDigest, SpecRow, 1> {
  static constexpr char kTable[] = "spec";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct ImageShape : ShapeOf<std::string, ImageFacts, 1> {
  static constexpr char kTable[] = "image";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct InstanceShape : ShapeOf<InstanceId, InstanceRow, 1> {
  static constexpr char kTable[] = "instance";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct KeptShape : ShapeOf<InstanceId, KeptRow, 1> {
  static constexpr char kTable[] = "kept";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct RemovalShape : ShapeOf<RemovalKey, RemovalRow, 4> {
  static constexpr char kTable[] = "removal";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct BindingShape : ShapeOf<SlotKey, BindingRow, 3> {
  static constexpr char kTable[] = "binding";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

// Without the targets, which are the rows of `rollout_target`.
struct RolloutShape : ShapeOf<RolloutId, RolloutRow, 1> {
  static constexpr char kTable[] = "rollout";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

// Key: the rollout and the target's place in its list.
struct RolloutTargetShape : ShapeOf<std::pair<RolloutId, int64_t>, RolloutTarget, 2> {
  static constexpr char kTable[] = "rollout_target";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct ObservedShape : ShapeOf<std::pair<HostId, InstanceId>, InstanceStatus, 2> {
  static constexpr char kTable[] = "observed";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct RequestShape : ShapeOf<RequestId, RequestRow, 1> {
  static constexpr char kTable[] = "request";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

struct EventShape : ShapeOf<int64_t, EventRow, 1> {
  static constexpr char kTable[] = "event";
  static std::vector<std::string> Columns();
  static void BindKey(Use& use, const Key& key);
  static void BindRow(Use& use, const Key& key, const Row& row);
  static absl::Status ReadRow(Use& use, Key* key, Row* row);
};

}  // namespace quayside::controller
