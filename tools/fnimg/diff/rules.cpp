// SPDX-License-Identifier: Apache-2.0
#include "diff/rules.hpp"

#include "base/text.hpp"
#include "image/entry_text.hpp"

namespace fn::img {
namespace {

// setuid, setgid, or the file capabilities that do the same.
bool gives_rights(const layer::Node& file) {
  return file.entry.type == layer::Type::file &&
         ((file.entry.mode & 06000) != 0 || file.entry.xattrs.contains("security.capability"));
}

// Files that give rights and did not before, or are another program now.
void check_setuid(const Side& a, const Side& b, const ImageDiff& diff, std::vector<BrokenRule>& broken) {
  for (const layer::Change& change : diff.files) {
    if (!change.after) continue;
    const layer::Node& after = b.files.tree.file_of(*change.after);
    if (!gives_rights(after)) continue;
    if (change.before && gives_rights(a.files.tree.file_of(*change.before)) &&
        !layer::has(change.aspects, layer::Aspect::mode) && !layer::has(change.aspects, layer::Aspect::owner) &&
        !layer::has(change.aspects, layer::Aspect::xattrs))
      continue;
    broken.push_back({.rule = "no_new_setuid",
                      .limit = {},
                      .value = {},
                      .text = fmt::format("'{}' runs with elevated privileges: {}, owner {}:{}", printable(change.path),
                                          mode_string(after.entry), after.entry.uid, after.entry.gid)});
  }
}

// Hard links count once.
Bytes visible_bytes(const Side& side) {
  Bytes bytes = 0;
  for (const layer::Node& node : side.files.tree.nodes()) bytes += node.entry.size;
  return bytes;
}

void check_packages(const Budget& budget, const ImageDiff& diff, std::vector<BrokenRule>& broken) {
  for (const PackageChange& change : diff.packages) {
    const std::string name = fmt::format("{} package '{}'", package::ecosystem_name(change.package().ecosystem),
                                         printable(change.package().name));
    if (budget.no_downgrade && change.before && change.after && change.direction < 0)
      broken.push_back({.rule = "no_downgrade",
                        .limit = {},
                        .value = {},
                        .text = fmt::format("{} is downgraded from {} to {}", name, printable(change.before->version),
                                            printable(change.after->version))});
    if (budget.no_removed_packages && !change.after)
      broken.push_back(
          {.rule = "no_removed_packages", .limit = {}, .value = {}, .text = fmt::format("{} was removed", name)});
  }
}

}  // namespace

std::vector<BrokenRule> broken_rules(const Budget& budget, const Side& a, const Side& b, const ImageDiff& diff) {
  std::vector<BrokenRule> broken;
  check_limit("max_added", budget.max_added, diff.sums.added_bytes, "added to files", broken);
  check_limit("max_fetch", budget.max_fetch, diff.fetch.chunk_bytes, "of new chunks to fetch", broken);
  check_limit("max_size", budget.max_size, visible_bytes(b), "of files in the image", broken);
  if (budget.no_new_setuid) check_setuid(a, b, diff, broken);
  check_packages(budget, diff, broken);
  return broken;
}

}  // namespace fn::img
