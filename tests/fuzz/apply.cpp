// SPDX-License-Identifier: Apache-2.0
// Layers are applied into a directory: nothing changes outside of it, and what they make is what Tree says. An odd
// first byte: what follows is a tar as it stands, on top of a layer with links that lead out.
#include "layer/apply.hpp"

#include "layer/tree.hpp"
#include "layers.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"
#include "tar_bytes.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace fn;
using namespace fn::layer;
using fuzz::require;

namespace {

constexpr TarLimits limits{.max_entries = 200, .max_metadata = 64 * KiB, .max_path = 4096, .max_holes = 1 * MiB};

// above/ has a file, outside/ with a file, and target/; each gets a look after every input.
class Place {
 public:
  Place() : above_(fs::temp_directory_path(), "fn-fuzz-") {
    fs::create_directory(outside());
    for (const std::string& path : {above_.path() + "/file", outside() + "/file"})
      sys::write_full(sys::open_file(path, O_WRONLY | O_CREAT).get(), "precious", path);
    make_target();
    before_ = look();
    remove_target();
  }

  void make_target() const { fs::create_directory(target()); }
  void remove_target() const {
    sys::remove_tree(sys::open_file(above_.path(), O_RDONLY | O_DIRECTORY).get(), "target");
  }
  std::string outside() const { return above_.path() + "/outside"; }
  std::string target() const { return above_.path() + "/target"; }
  void check() const { require(look() == before_, "something outside changed"); }

 private:
  std::string look() const {
    std::string seen;
    for (const std::string& directory : {above_.path(), outside()}) {
      std::vector<std::string> names;
      for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path());
      std::sort(names.begin(), names.end());
      for (const std::string& name : names) seen += describe(name);
    }
    return seen;
  }

  std::string describe(const std::string& path) const {
    struct stat status {};
    require(lstat(path.c_str(), &status) == 0, "cannot look");
    // The target itself gets attributes of the root entry.
    if (path == target()) return path;
    std::string content = S_ISREG(status.st_mode) ? sys::read_file(path, 1 * KiB) : "";
    return fmt::format("{} {:o} {}:{} {} {} {} {}\n", path, status.st_mode, status.st_uid, status.st_gid,
                       status.st_nlink, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, content);
  }

  sys::TempDir above_;
  std::string before_;
};

std::string tar_of(const fuzz::Layer& layer) {
  std::string tar;
  for (const fuzz::Member& member : layer) {
    tar += fuzz::header_of(member.entry) + member.content;
    tar.resize(tar.size() + tar_padding(member.content.size()));
  }
  return tar;
}

bool apply(const std::string& target, const std::vector<std::string>& tars, bool as_root) {
  return fuzz::accepted([&] {
           Applier applier(sys::Root::open(target), ApplyOptions{.as_root = as_root, .threads = 1});
           for (const std::string& tar : tars) {
             fuzz::MemorySource source(tar);
             TarReader names(source, limits);
             const Whiteouts whiteouts = read_whiteouts(names);
             fuzz::MemorySource again(tar);
             TarReader reader(again, limits);
             applier.apply(reader, whiteouts);
           }
           applier.finish();
           return true;
         })
      .has_value();
}

bool is_of(Type type, mode_t mode) {
  switch (type) {
    case Type::file:
      return S_ISREG(mode);
    case Type::directory:
      return S_ISDIR(mode);
    case Type::symlink:
      return S_ISLNK(mode);
    case Type::fifo:
      return S_ISFIFO(mode);
    default:
      return false;
  }
}

void compare(const Tree& tree, const std::string& target) {
  std::size_t found = tree.find("") ? 1 : 0;
  for (const auto& entry : fs::recursive_directory_iterator(target)) {
    require(tree.find(entry.path().string().substr(target.size() + 1)), "a file that Tree does not have");
    ++found;
  }
  require(found == tree.nodes().size(), "Tree has files that are not there");
  for (const Node& node : tree.nodes()) {
    const Entry& first = tree.file_of(node).entry;
    struct stat status {};
    struct stat of_first {};
    require(lstat((target + '/' + node.entry.path).c_str(), &status) == 0, "cannot look");
    require(lstat((target + '/' + first.path).c_str(), &of_first) == 0, "cannot look");
    require(is_of(first.type, status.st_mode), "a file of another type than Tree says");
    require(status.st_ino == of_first.st_ino, "a hard link is a file of its own");
    if (first.type == Type::symlink)
      require(fs::read_symlink(target + '/' + node.entry.path) == first.link, "a link leads elsewhere");
  }
}

void apply_stack(const Place& place, fuzz::Choices choices, bool as_root) {
  const std::vector<fuzz::Layer> layers = fuzz::Layers(choices, place.outside()).stack();
  Tree tree;
  const bool tree_accepts = fuzz::accepted([&] {
                              for (const fuzz::Layer& layer : layers) {
                                Whiteouts whiteouts;
                                for (const fuzz::Member& member : layer) whiteouts.add(member.entry);
                                tree.begin_layer(whiteouts);
                                for (const fuzz::Member& member : layer) tree.add(member.entry);
                                tree.end_layer();
                              }
                              return true;
                            }).has_value();
  std::vector<std::string> tars;
  for (const fuzz::Layer& layer : layers) tars.push_back(tar_of(layer));
  const bool applied = apply(place.target(), tars, as_root);
  place.check();
  require(applied == tree_accepts, applied ? "applied what Tree refuses" : "refused what Tree takes");
  if (applied) compare(tree, place.target());
}

void apply_tar(const Place& place, std::string tar, bool as_root) {
  fuzz::repair_checksums({reinterpret_cast<std::uint8_t*>(tar.data()), tar.size()});
  const fuzz::Layer lower{{{.path = "out", .type = Type::symlink, .link = place.outside()}},
                          {{.path = "up", .type = Type::symlink, .link = "../outside"}},
                          {{.path = "d/up", .type = Type::symlink, .link = "../../outside/file"}},
                          {{.path = "f", .size = 1}, "x"}};
  apply(place.target(), {tar_of(lower), std::move(tar)}, as_root);
  place.check();
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  static const Place place;
  place.make_target();
  Choices choices(input);
  const unsigned first = choices.roll(256);
  const bool as_root = (first & 2) == 0 && geteuid() == 0;
  if ((first & 1) == 0) {
    apply_stack(place, choices, as_root);
  } else {
    apply_tar(place, std::string(choices.rest()), as_root);
  }
  place.remove_target();
}
