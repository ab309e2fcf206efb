// SPDX-License-Identifier: Apache-2.0
// Whatever is done to a tree between two builds: the layer that takes over what earlier builds left is the layer that
// knows of none, byte for byte.
#include "layer/layer_writer.hpp"
#include "layer/selection.hpp"
#include "layer/verified_layer.hpp"
#include "layer/walk.hpp"
#include "layer_memory_store.hpp"
#include "support.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <ostream>
#include <random>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace fn;
using namespace fn::layer;
namespace fs = std::filesystem;

namespace {

enum class Do : int {
  add,
  add_large,
  grow,
  shrink,
  rewrite,
  rewrite_unseen,  // same size, and the old mtime is put back
  chmod,
  chown,
  rename,
  link,
  erase,
  become_directory,
  become_symlink,
  become_pipe,
  set_attribute,
  drop_attribute,
  set_time,
  swap,  // of two names
  end
};
constexpr std::array<const char*, std::size_t(Do::end)> names{
    "add",           "add_large",      "grow",     "shrink", "rewrite",          "rewrite_unseen", "chmod",
    "chown",         "rename",         "link",     "erase",  "become_directory", "become_symlink", "become_pipe",
    "set_attribute", "drop_attribute", "set_time", "swap"};

struct Edit {
  Do what = Do::add;
  unsigned which = 0;  // of the names that there are
  unsigned amount = 0;
};

std::ostream& operator<<(std::ostream& out, const Edit& edit) {
  return out << fmt::format("{}({}, {})", names[std::size_t(edit.what)], edit.which, edit.amount);
}

using Step = std::vector<Edit>;

struct Start {
  unsigned seed = 0;
  unsigned small = 0;           // files
  std::vector<unsigned> large;  // KiB
};

std::ostream& operator<<(std::ostream& out, const Start& start) {
  return out << fmt::format("seed {}, {} small files, and of {} KiB", start.seed, start.small,
                            fmt::join(start.large, ", "));
}

// An edit that this name doesn't allow is none.
void tried(ssize_t) {}

class EditedTree {
 public:
  explicit EditedTree(const Start& start) : random_(start.seed) {
    for (unsigned n = 0; n < start.small; ++n) {
      const std::string folder = fmt::format("d{}/e{}", n % 5, n % 3);
      fs::create_directories(at(folder));
      write(fmt::format("{}/file-{:02}", folder, n), random_() % 40'000);
    }
    for (std::size_t n = 0; n < start.large.size(); ++n)
      write(fmt::format("d{}-large", n * 2), Bytes{start.large[n]} * KiB + n);
  }

  const std::string& path() const { return dir_.path(); }

  void apply(const Edit& edit) {
    if (edit.what == Do::add) return write(fresh(), edit.amount % 50'000);
    if (edit.what == Do::add_large) return write(fresh(), Bytes{500 + edit.amount % 1500} * KiB);
    const std::vector<std::string> all = paths(false);
    if (all.empty()) return;
    const std::string& name = all[edit.which % all.size()];
    switch (edit.what) {
      case Do::chmod:
        ::chmod(at(name).c_str(), 0600 | (edit.amount % 4 == 0 ? 04755 : edit.amount % 0200));
        return;
      case Do::chown:
        if (geteuid() == 0) tried(lchown(at(name).c_str(), edit.amount % 3, edit.amount % 70'000));
        return;
      case Do::rename:
        ::rename(at(name).c_str(), at(fresh()).c_str());
        return;
      case Do::link:
        tried(::link(at(name).c_str(), at(fresh()).c_str()));
        return;
      case Do::erase:
        fs::remove_all(at(name));
        return;
      case Do::become_directory:
        fs::remove_all(at(name));
        fs::create_directory(at(name));
        return write(name + "/below", edit.amount % 1000);
      case Do::become_symlink:
        fs::remove_all(at(name));
        fs::create_symlink(fmt::format("../{}", edit.amount), at(name));
        return;
      case Do::become_pipe:
        fs::remove_all(at(name));
        mkfifo(at(name).c_str(), 0600);
        return;
      case Do::set_time:
        set_time(name,
                 timespec{.tv_sec = edit.amount % 2 ? 0 : long{edit.amount} * 1000, .tv_nsec = edit.amount % 999});
        return;
      case Do::swap: {
        const std::string& other = all[edit.amount % all.size()];
        renameat2(AT_FDCWD, at(name).c_str(), AT_FDCWD, at(other).c_str(), RENAME_EXCHANGE);
        return;
      }
      default:
        edit_file(edit);
    }
  }

 private:
  std::string at(const std::string& path) const { return dir_.path() + '/' + path; }

  std::vector<std::string> paths(bool files) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path()))
      if (!files || (entry.is_regular_file() && !entry.is_symlink()))
        found.push_back(entry.path().string().substr(dir_.path().size() + 1));
    std::sort(found.begin(), found.end());
    return found;
  }

  void edit_file(const Edit& edit) {
    const std::vector<std::string> all = paths(true);
    if (all.empty()) return;
    const std::string& name = all[edit.which % all.size()];
    struct stat status {};
    stat(at(name).c_str(), &status);
    const auto size = Bytes(status.st_size);
    switch (edit.what) {
      case Do::grow: {
        const sys::Fd fd = sys::open_file(at(name), O_WRONLY | O_APPEND);
        sys::write_full(fd.get(), noise(1 + edit.amount % (edit.amount % 16 == 0 ? 2'000'000 : 3000)), name);
        return;
      }
      case Do::shrink:
        tried(truncate(at(name).c_str(), off_t(edit.amount % 4 == 0 ? 0 : size - size % (1 + edit.amount % 5000))));
        return;
      case Do::set_attribute:
        setxattr(at(name).c_str(), "user.note", &edit.amount, sizeof edit.amount, 0);
        return;
      case Do::drop_attribute:
        removexattr(at(name).c_str(), "user.note");
        return;
      default:
        break;
    }
    const sys::Fd fd = sys::open_file(at(name), O_WRONLY);
    const std::string bytes = noise(std::min<Bytes>(size, 1 + edit.amount % 200));
    tried(pwrite(fd.get(), bytes.data(), bytes.size(), off_t((size - bytes.size()) / 2)));
    if (edit.what == Do::rewrite_unseen) set_time(name, status.st_mtim);
  }

  void set_time(const std::string& name, timespec time) const {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time};
    utimensat(AT_FDCWD, at(name).c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  std::string fresh() {
    ++next_;
    return fmt::format("{}+{}", char('a' + next_ % 7), next_);
  }

  std::string noise(Bytes size) {
    std::string bytes(size, '\0');
    for (Bytes n = 0; n + 8 <= size; n += 8) {
      const std::uint64_t word = random_() & 0x0f0f0f0f0f0f0f0f;
      std::memcpy(&bytes[n], &word, 8);
    }
    for (Bytes n = size - size % 8; n < size; ++n) bytes[n] = char(random_() % 16);
    return bytes;
  }

  void write(const std::string& name, Bytes size) {
    sys::write_full(sys::open_file(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644).get(), noise(size), name);
  }

  sys::TempDir dir_{fs::temp_directory_path(), "fn-edits-"};
  std::mt19937_64 random_;
  unsigned next_ = 0;
};

// In memory where that is to be had: a blob is synced when it is done.
std::string fast_directory() {
  return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : fs::temp_directory_path().string();
}

struct Home {
  sys::TempDir dir{fast_directory(), "fn-edits-"};
  oci::Layout layout = oci::Layout::create(dir.path() + "/layout");

  oci::Digest digest_of_file(const oci::Digest& blob) const {
    return oci::Digest::of(sys::read_file(dir.path() + "/layout/blobs/sha256/" + blob.hex(), GiB));
  }
};

// What one user's builds have behind them: a home, its index, and a stat cache that is packed between builds as the
// state has it.
struct History {
  Home home;
  test::MemoryStore store;
  std::string sources;
};

struct Manner {
  Codec codec;
  unsigned threads = 1;
  Selection selection;
};

std::vector<Item> items_of(const EditedTree& tree, const Manner& manner, std::shared_ptr<StatCache> cache) {
  return select(list_directory(
                    tree.path(), [](const std::string&) {}, std::move(cache)),
                manner.selection);
}

WrittenLayer build(const EditedTree& tree, History& history, const Manner& manner) {
  const auto cache = std::make_shared<StatCache>(history.sources);
  WrittenLayer layer =
      write_layer(items_of(tree, manner, cache), history.home.layout,
                  {.codec = manner.codec, .threads = manner.threads, .advance = {}, .store = &history.store});
  history.store.put(layer);
  if (cache->is_changed()) history.sources = cache->pack();
  return layer;
}

void check_against_cold(const EditedTree& tree, const History& history, const WrittenLayer& layer,
                        const Manner& manner) {
  const Home fresh;
  const WrittenLayer cold = write_layer(items_of(tree, manner, nullptr), fresh.layout, {.codec = manner.codec});
  RC_ASSERT(layer.descriptor.digest.str() == cold.descriptor.digest.str());
  RC_ASSERT(layer.descriptor.size == cold.descriptor.size);
  RC_ASSERT(layer.diff_id.str() == cold.diff_id.str());
  RC_ASSERT(layer.tar_bytes == cold.tar_bytes);
  RC_ASSERT(history.home.digest_of_file(layer.descriptor.digest).str() == layer.descriptor.digest.str());
  if (layer.is_reused) return;
  RC_ASSERT(layer.segments.size() == cold.segments.size());
  for (std::size_t n = 0; n < layer.segments.size(); ++n) {
    RC_ASSERT(layer.segments[n].rows == cold.segments[n].rows);
    RC_ASSERT(layer.segments[n].tar_state == cold.segments[n].tar_state);
    RC_ASSERT(layer.segments[n].blob_state == cold.segments[n].blob_state);
  }
}

void check_decodes(const Home& home, const WrittenLayer& layer) {
  VerifiedLayer verified(home.layout, layer.descriptor, layer.diff_id, {});
  drain(verified.tar());
  verified.finish();
}

rc::Gen<Edit> any_edit() {
  return rc::gen::apply(
      [](int what, unsigned which, unsigned amount) {
        return Edit{Do(what), which, amount};
      },
      rc::gen::inRange(0, int(Do::end)), rc::gen::inRange(0U, 1000U), rc::gen::inRange(0U, 100'000U));
}

// Few files are large, as in life, and the whole stays small enough for hundreds of builds.
rc::Gen<Start> any_start() {
  const auto large = rc::gen::weightedOneOf<unsigned>(
      {{6, rc::gen::inRange(512U, 3000U)}, {1, rc::gen::inRange(8 * 1024U - 8, 12 * 1024U)}});
  return rc::gen::apply(
      [](unsigned seed, unsigned small, std::vector<unsigned> sizes) {
        return Start{seed, small, std::move(sizes)};
      },
      rc::gen::arbitrary<unsigned>(), rc::gen::inRange(30U, 80U),
      rc::gen::resize(3, rc::gen::container<std::vector<unsigned>>(large)));
}

rc::Gen<std::vector<Step>> any_script() {
  const auto step = rc::gen::resize(6, rc::gen::container<Step>(any_edit()));
  return rc::gen::resize(4, rc::gen::container<std::vector<Step>>(step));
}

}  // namespace

int main() {
  property::set_cases(500);
  const bool held = rc::check("an incremental layer is the cold one, after any edits", [] {
    const Start start = *any_start();
    const std::vector<Step> script = *any_script();
    Manner manner;
    manner.codec = Codec::parse(*rc::gen::weightedElement<std::string>({{8, "zstd:1"}, {6, "none"}, {1, "gzip:1"}}));
    manner.threads = *rc::gen::inRange(1U, 4U);
    if (*rc::gen::arbitrary<bool>()) manner.selection = {.owner = Owner{}, .latest = 0};
    EditedTree tree(start);
    History history;
    WrittenLayer layer = build(tree, history, manner);
    for (const Step& step : script) {
      for (const Edit& edit : step) tree.apply(edit);
      layer = build(tree, history, manner);
      check_against_cold(tree, history, layer, manner);
    }
    check_decodes(history.home, layer);
  });
  return held ? 0 : 1;
}
