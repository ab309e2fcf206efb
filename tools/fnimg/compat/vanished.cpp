// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "compat/rules.hpp"
#include "image/path_lookup.hpp"

#include <set>

namespace fn::img {
namespace {

Finding gone(std::string_view rule, std::string path, std::string needs, const CheckedImage& before) {
  std::string layer = before.layer_of(path);
  return {.rule = std::string(rule),
          .severity = Severity::notice,
          .path = std::move(path),
          .needs = std::move(needs),
          .layer = std::move(layer),
          .since = {},
          .hint = before.name() + " has it"};
}

// What is directly in a directory of an image, by name.
std::set<std::string, std::less<>> names_in(const CheckedImage& image, const std::string& directory) {
  std::set<std::string, std::less<>> names;
  const auto place = find_path_if_there(image.tree(), directory, Follow::all);
  if (!place || !place->is_directory()) return names;
  const std::string prefix = place->path.empty() ? "" : place->path + '/';
  const auto& nodes = image.tree().nodes();
  for (auto node = nodes.lower_bound(prefix); node != nodes.end() && node->entry.path.starts_with(prefix); ++node) {
    const std::string_view rest = std::string_view(node->entry.path).substr(prefix.size());
    if (!rest.empty() && rest.find('/') == rest.npos) names.emplace(rest);
  }
  return names;
}

void check_commands(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  std::set<std::string, std::less<>> told;
  for (const std::string& directory : before.command_directories()) {
    for (const std::string& name : names_in(before, directory)) {
      const std::string path = directory + '/' + name;
      if (!before.root().file(path) || after.has_command(name) || !told.insert(name).second) continue;
      findings.add(gone("files.command", path.substr(path.starts_with('/') ? 1 : 0), name, before));
    }
  }
}

void check_accounts(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  for (const char* file : {"/etc/passwd", "/etc/group"}) {
    const auto names = [&](const CheckedImage& image) {
      std::set<std::string> found;
      const std::string text = image.root().content(file).value_or("");
      for (const std::string& line : split(text, '\n')) found.insert(line.substr(0, line.find(':')));
      return found;
    };
    const std::set<std::string> still = names(after);
    for (const std::string& name : names(before))
      if (!name.empty() && !still.contains(name)) findings.add(gone("files.account", file + 1, name, before));
  }
}

}  // namespace

void check_vanished(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  check_commands(before, after, findings);
  check_accounts(before, after, findings);
  // Where OpenSSL, GnuTLS and Go look, of Debian, Fedora and Alpine.
  for (const char* bundle : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"})
    if (before.root().file(bundle) && !after.root().file(bundle))
      findings.add(gone("files.certificates", bundle + 1, "", before));
  if (before.root().file("/usr/share/zoneinfo/UTC") && !after.root().file("/usr/share/zoneinfo/UTC"))
    findings.add(gone("files.zones", "usr/share/zoneinfo", "", before));
  const auto locales = names_in(after, "/usr/lib/locale");
  for (const std::string& name : names_in(before, "/usr/lib/locale"))
    if (!locales.contains(name)) findings.add(gone("files.locale", "usr/lib/locale/" + name, "", before));
}

}  // namespace fn::img
