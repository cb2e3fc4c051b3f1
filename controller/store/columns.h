// Small nested values that nothing queries, as JSON text in one column. Parsing fails with
// kDataLoss.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/model/assignment.h"
#include "common/model/instance.h"

namespace quayside::controller {

std::string ToColumn(const std::map<std::string, std::string>& labels);
std::string ToColumn(const std::set<std::string>& words);
std::string ToColumn(const std::vector<std::string>& words);
std::string ToColumn(const std::vector<AppName>& apps);
std::string ToColumn(const std::vector<Rejection>& rejections);
std::string ToColumn(const std::vector<PublishedPort>& ports);

absl::Status FromColumn(std::string_view text, std::map<std::string, std::string>* labels);
absl::Status FromColumn(std::string_view text, std::set<std::string>* words);
absl::Status FromColumn(std::string_view text, std::vector<std::string>* words);
absl::Status FromColumn(std::string_view text, std::vector<AppName>* apps);
absl::Status FromColumn(std::string_view text, std::vector<Rejection>* rejections);
absl::Status FromColumn(std::string_view text, std::vector<PublishedPort>* ports);

}  // namespace quayside::controller
