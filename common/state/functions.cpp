// SPDX-License-Identifier: Apache-2.0
#include "state/functions.hpp"

#include "base/json.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <limits>
#include <set>

namespace fn::state {
namespace {

constexpr std::string_view columns =
    "SELECT name, image, memory, timeout, milli_cpus, pids, protocol, handler, network, keep_alive, concurrency, "
    "entrypoint, command, mounts, publish, user, working_dir, writable, init_timeout, scratch, seccomp, require, "
    "freeze, created_at, updated_at FROM function ";

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr std::size_t longest_name = 64;

// A column of this type holds no more.
std::int64_t column(std::uint64_t value) {
  if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max())) fail(Kind::usage, "{} is too large", value);
  return std::int64_t(value);
}

void check_environment(const Function& function) {
  for (const auto& [name, value] : function.env) {
    if (name.empty() || name.find('=') != name.npos || name.find('\0') != name.npos)
      fail(Kind::usage, "'{}' is not a valid name of an environment variable", printable(name));
    if (!is_utf8(name) || !is_utf8(value) || value.find('\0') != value.npos)
      fail(Kind::usage, "environment variable '{}' is not valid UTF-8", printable(name));
  }
}

}  // namespace

std::string_view protocol_name(Protocol protocol) {
  return protocol == Protocol::lambda ? "lambda" : "exec";
}

std::string_view protocol_name(std::optional<Protocol> protocol) {
  return protocol ? protocol_name(*protocol) : "auto";
}

std::optional<Protocol> parse_protocol(std::string_view name) {
  if (name == "auto") return std::nullopt;
  for (const Protocol protocol : {Protocol::exec, Protocol::lambda})
    if (name == protocol_name(protocol)) return protocol;
  fail(Kind::integrity, "unknown protocol '{}'", printable(name));
}

void check_function_name(std::string_view name) {
  const bool begins_well = !name.empty() && std::string_view("._-").find(name.front()) == std::string_view::npos;
  if (begins_well && name.size() <= longest_name && name.find_first_not_of(name_characters) == name.npos) return;
  fail_hint(Kind::usage,
            "use up to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit, such as 'resize-photos'",
            "'{}' is not a valid function name", printable(name));
}

Function Functions::read(const db::Statement& row) const {
  const std::string name = row.text(0);
  return while_doing([&] { return fmt::format("state.db, function '{}'", printable(name)); },
                     [&] {
                       Function function{.name = name,
                                         .image = row.text(1),
                                         .memory = Bytes(row.integer(2)),
                                         .timeout = std::chrono::milliseconds(row.integer(3)),
                                         .milli_cpus = std::uint64_t(row.integer(4)),
                                         .pids = std::uint64_t(row.integer(5)),
                                         .protocol = parse_protocol(row.text(6)),
                                         .handler = row.text(7),
                                         .network = parse_network(row.text(8)),
                                         .keep_alive = std::chrono::milliseconds(row.integer(9)),
                                         .concurrency = std::uint64_t(row.integer(10)),
                                         .entrypoint = row.optional_text(11),
                                         .command = Json::parse(row.text(12), "its command").as_strings(),
                                         .mounts = Json::parse(row.text(13), "its mounts").as_strings(),
                                         .publish = Json::parse(row.text(14), "its ports").as_strings(),
                                         .user = row.optional_text(15),
                                         .working_dir = row.optional_text(16),
                                         .writable = row.integer(17) != 0,
                                         .init_timeout = std::chrono::milliseconds(row.integer(18)),
                                         .scratch = Bytes(row.integer(19)),
                                         .seccomp = row.text(20),
                                         .require = row.text(21),
                                         .freeze = row.integer(22) != 0,
                                         .env = {},
                                         .created_at = row.integer(23),
                                         .updated_at = row.integer(24)};
                       db::Statement pairs = db_->query("SELECT name, value FROM function_env WHERE function = ?");
                       pairs.bind(name);
                       while (pairs.step()) function.env[pairs.text(0)] = pairs.text(1);
                       return function;
                     });
}

std::vector<Function> Functions::list() const {
  std::vector<Function> functions;
  db::Statement rows = db_->query(std::string(columns) + "ORDER BY name");
  while (rows.step()) functions.push_back(read(rows));
  return functions;
}

std::optional<Function> Functions::find(const std::string& name) const {
  db::Statement row = db_->query(std::string(columns) + "WHERE name = ?");
  row.bind(name);
  if (!row.step()) return std::nullopt;
  return read(row);
}

Function Functions::get(const std::string& name) const {
  if (auto function = find(name)) return std::move(*function);
  std::vector<std::string> names;
  db::Statement rows = db_->query("SELECT name FROM function ORDER BY name");
  while (rows.step()) names.push_back(rows.text(0));
  fail_hint(Kind::not_found,
            did_you_mean(name, names, "'fnrun function ls' lists functions, 'fnrun function set NAME REF' creates one"),
            "function '{}' not found", printable(name));
}

Function Functions::set(const std::string& name, const Edit& edit, UnixTime now) {
  check_function_name(name);
  db::Transaction transaction(*db_);
  const std::optional<Function> before = find(name);
  Function after = edit(before);
  after.name = name;
  after.created_at = before ? before->created_at : now;
  after.updated_at = before ? before->updated_at : now;
  if (before && *before == after) return after;
  after.updated_at = now;
  check_environment(after);
  write(after);
  transaction.commit();
  return after;
}

void Functions::write(const Function& function) {
  // Not REPLACE, which deletes the row and with it all that refers to it.
  db_->query(R"sql(
        INSERT INTO function (name, image, memory, timeout, milli_cpus, pids, protocol, handler, network, keep_alive,
                              concurrency, entrypoint, command, mounts, publish, user, working_dir, writable,
                              init_timeout, scratch, seccomp, require, freeze, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET
          image = excluded.image, memory = excluded.memory, timeout = excluded.timeout,
          milli_cpus = excluded.milli_cpus, pids = excluded.pids, protocol = excluded.protocol,
          handler = excluded.handler, network = excluded.network, keep_alive = excluded.keep_alive,
          concurrency = excluded.concurrency, entrypoint = excluded.entrypoint, command = excluded.command,
          mounts = excluded.mounts, publish = excluded.publish, user = excluded.user,
          working_dir = excluded.working_dir,
          writable = excluded.writable, init_timeout = excluded.init_timeout, scratch = excluded.scratch,
          seccomp = excluded.seccomp, require = excluded.require, freeze = excluded.freeze,
          updated_at = excluded.updated_at)sql")
      .bind(function.name)
      .bind(function.image)
      .bind(column(function.memory))
      .bind(std::int64_t(function.timeout.count()))
      .bind(column(function.milli_cpus))
      .bind(column(function.pids))
      .bind(protocol_name(function.protocol))
      .bind(function.handler)
      .bind(network_name(function.network))
      .bind(std::int64_t(function.keep_alive.count()))
      .bind(column(function.concurrency))
      .bind_optional(function.entrypoint)
      .bind(Json::strings(function.command).dump())
      .bind(Json::strings(function.mounts).dump())
      .bind(Json::strings(function.publish).dump())
      .bind_optional(function.user)
      .bind_optional(function.working_dir)
      .bind(std::int64_t{function.writable})
      .bind(std::int64_t(function.init_timeout.count()))
      .bind(column(function.scratch))
      .bind(function.seccomp)
      .bind(function.require)
      .bind(std::int64_t{function.freeze})
      .bind(function.created_at)
      .bind(function.updated_at)
      .run();
  db_->query("DELETE FROM function_env WHERE function = ?").bind(function.name).run();
  db::Statement insert = db_->query("INSERT INTO function_env (function, name, value) VALUES (?, ?, ?)");
  for (const auto& [variable, value] : function.env) insert.bind(function.name).bind(variable).bind(value).run();
}

void Functions::remove(const std::vector<std::string>& names) {
  db::Transaction transaction(*db_);
  for (const std::string& name : std::set<std::string>(names.begin(), names.end()))
    db_->query("DELETE FROM function WHERE name = ?").bind(get(name).name).run();
  transaction.commit();
}

}  // namespace fn::state
