// SPDX-License-Identifier: Apache-2.0
#include "instance/directory.hpp"

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::instance {
namespace {

constexpr std::size_t id_length = 8;
constexpr Bytes max_record = 64 * KiB;
constexpr const char* record_name = "instance.json";
constexpr const char* new_record_name = "instance.json.new";
// Beside the folders: held by whoever makes or removes one, so that none is seen before its lock is taken.
constexpr const char* gate_name = "lock";

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_id(std::string_view name) {
  return name.size() == id_length && is_hex(name);
}

std::string random_id() {
  const std::string name = sys::random_name("");
  return name.substr(0, id_length);
}

sys::Fd lock_file(int dir, const char* name, int operation) {
  sys::Fd file(
      sys::check(openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), "cannot open '{}'", name));
  int result = 0;
  while ((result = flock(file.get(), operation)) < 0 && errno == EINTR) continue;
  sys::check(result, "cannot lock '{}'", name);
  return file;
}

// "3f2a, 77aa": for a hint.
std::string ids_of(const std::vector<Living>& instances) {
  std::string text;
  for (const Living& each : instances) text += (text.empty() ? "" : ", ") + each.record.id;
  return text;
}

}  // namespace

bool looks_like_id(std::string_view text) {
  return text.size() >= 4 && text.size() <= id_length && is_hex(text);
}

Folder::~Folder() {
  if (!dir_) return;
  try {
    sys::remove_tree(run_.get(), id_);
  } catch (const Error&) {
    // The next list() sweeps it.
  }
}

// A folder without a lock file belongs to one that died early.
bool Directory::is_alive(int folder) {
  const sys::Fd file(openat(folder, gate_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return false;
  return flock(file.get(), LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void Folder::write(const Record& record) const {
  const sys::Fd file(
      sys::check(openat(dir_.get(), new_record_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600),
                 "cannot write '{}'", record_name));
  sys::write_full(file.get(), to_json(record).dump() + '\n', record_name);
  sys::check(renameat(dir_.get(), new_record_name, dir_.get(), record_name), "cannot write '{}'", record_name);
}

// None if there never was an instance.
sys::Fd Directory::open_run() const {
  sys::Fd run(::open((home_ + "/run").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (run || errno == ENOENT) return run;
  if (errno == ENOTDIR)
    fail_hint(Kind::usage, "name a directory with --home or FN_HOME", "'{}' is not a directory", printable(home_));
  sys::check(-1, "cannot read '{}/run'", printable(home_));
  return run;
}

Folder Directory::create() const {
  sys::make_directories(home_ + "/run", 0700);
  Folder folder;
  folder.run_ = open_run();
  sys::check(folder.run_.get(), "cannot open '{}'", printable(home_ + "/run"));
  const sys::Fd gate = lock_file(folder.run_.get(), gate_name, LOCK_EX);
  do folder.id_ = random_id();
  while (mkdirat(folder.run_.get(), folder.id_.c_str(), 0700) < 0 && errno == EEXIST);
  folder.dir_ =
      sys::Fd(sys::check(openat(folder.run_.get(), folder.id_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
                         "cannot make the folder of an instance in '{}'", printable(home_ + "/run")));
  folder.lock_ = lock_file(folder.dir_.get(), gate_name, LOCK_EX);
  return folder;
}

std::optional<Living> Directory::open(int run, const std::string& id) const {
  Living living;
  living.dir = sys::Fd(openat(run, id.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!living.dir || !is_alive(living.dir.get())) return std::nullopt;
  const sys::Fd file(openat(living.dir.get(), record_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return living;  // it has not come that far
  const std::string subject = fmt::format("record of instance '{}'", id);
  living.record = record_of(Json::parse(sys::read_fd(file.get(), subject, max_record), subject));
  return living;
}

bool Directory::sweep(int run, const std::string& id) const {
  try {
    const sys::Fd gate = lock_file(run, gate_name, LOCK_EX);
    const sys::Fd dir(openat(run, id.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!dir || is_alive(dir.get())) return false;
    sys::remove_tree(run, id);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<Living> Directory::collect(std::vector<std::string>& dead) const {
  std::vector<Living> all;
  const sys::Fd run = open_run();
  if (!run) return all;
  for (const std::string& id : sys::names_in(run.get(), home_ + "/run")) {
    if (!is_id(id)) continue;
    auto living = open(run.get(), id);
    if (!living)
      dead.push_back(id);
    else if (!living->record.id.empty())
      all.push_back(std::move(*living));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Living& a, const Living& b) { return a.record.started_at < b.record.started_at; });
  return all;
}

std::vector<Living> Directory::look() const {
  std::vector<std::string> dead;
  return collect(dead);
}

Directory::List Directory::list() const {
  List list;
  std::vector<std::string> dead;
  list.living = collect(dead);
  if (dead.empty()) return list;
  const sys::Fd run = open_run();
  for (const std::string& id : dead) list.swept += sweep(run.get(), id) ? 1 : 0;
  return list;
}

Living Directory::find(std::vector<Living> living, std::string_view text) {
  std::vector<Living> found;
  std::vector<std::string> known;
  for (Living& each : living) {
    known.insert(known.end(), {each.record.id, each.record.function, each.record.reference});
    const bool by_id = looks_like_id(text) && each.record.id.starts_with(text);
    if (by_id || each.record.function == text || each.record.reference == text) found.push_back(std::move(each));
  }
  if (found.size() == 1) return std::move(found.front());
  if (found.size() > 1)
    fail_hint(Kind::usage, "name one of them: " + ids_of(found), "'{}' has {} instances", printable(text),
              found.size());
  std::erase(known, "");
  const std::string near = closest(text, known);
  fail_hint(Kind::not_found, near.empty() ? "run 'fnrun ps' for the list" : fmt::format("did you mean '{}'?", near),
            "no instance '{}' is running", printable(text));
}

}  // namespace fn::instance
