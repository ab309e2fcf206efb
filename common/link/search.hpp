// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/cache.hpp"
#include "link/loader.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fn::link {

// What decides besides the image: its config, and the machine.
struct Options {
  std::string library_path;         // LD_LIBRARY_PATH
  std::vector<std::string> hwcaps;  // folders below glibc-hwcaps that a machine takes, best first; none: any machine
  std::string working_directory = "/";  // of relative paths
};

// glibc-hwcaps of an x86-64 machine that has level 1 to 4, best first.
std::vector<std::string> x86_64_hwcaps(int level);

// By which rule an object came into a closure.
enum class Rule { start, loader, path, rpath, library_path, runpath, cache, default_directory };

std::string_view rule_name(Rule rule);  // "rpath", "default directory"

// Who asks for a library. Those whose need had it loaded are asked for their DT_RPATH, too.
struct Requester {
  const elf::Facts* facts = nullptr;
  std::string origin;                    // $ORIGIN: directory of its path
  const Requester* loaded_by = nullptr;  // null: the program
};

struct Found {
  File file;
  Rule rule = Rule::start;
  std::string path;  // as the loader has it, links and all
};

// The search for libraries in one image. Answers are remembered, so that many programs may be asked about. `root` must
// outlive it.
class Search {
 public:
  Search(const Root& root, Options options);
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  // What a DT_NEEDED leads to: of glibc as in ld.so(8), of musl by its own rules. What glibc's search passes over
  // (files of another machine) isn't found; what makes it fail (a file that isn't ELF at all) is, and is the caller's
  // to judge. Throws integrity for a corrupt /etc/ld.so.cache.
  std::optional<Found> find(const Loader& loader, std::string_view name, const Requester& by);

  // A file of the image by an absolute path.
  const std::optional<File>& file(const std::string& path);
  const Root& root() const { return root_; }
  const Options& options() const { return options_; }

 private:
  struct Query;

  std::optional<Found> find_glibc(const Query& query);
  std::optional<Found> find_musl(const Query& query);
  std::optional<Found> by_slash(const Query& query);
  std::optional<Found> by_rpath(const Query& query);
  std::optional<Found> by_cache(const Query& query);
  std::optional<Found> by_default(const Query& query);
  std::optional<Found> in_list(const Query& query, const Requester& owner, std::string_view list, Rule rule);
  std::optional<Found> in_directory(const Query& query, const std::string& directory, Rule rule);
  std::optional<Found> taken(const Query& query, std::string path, Rule rule);
  std::string absolute(const std::string& path) const;
  bool is_directory(const std::string& path);
  const Cache& cache(Cache::Order order);

  const Root& root_;
  Options options_;
  std::unordered_map<std::string, std::optional<File>> files_;
  std::unordered_map<std::string, bool> directories_;
  std::unordered_map<std::string, std::optional<Found>> defaults_;
  std::map<Cache::Order, Cache> caches_;
};

}  // namespace fn::link
