// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "oci/digest_prefix.hpp"
#include "state/store.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::state {
namespace {

std::string name_of(const std::string& reference) {
  return reference.substr(0, reference.rfind(':'));
}

// NAME@DIGEST or NAME:TAG@DIGEST means this row, which has the digest.
bool means(const oci::Reference& wanted, const ImageRow& row) {
  if (row.reference.starts_with(channel_scheme) && row.reference.find('@') != row.reference.npos) return false;
  const oci::Reference known = oci::Reference::parse(row.reference);
  return known.name() == wanted.name() && (wanted.tag().empty() || known.tag() == wanted.tag());
}

std::string joined(const std::vector<std::string>& words) {
  constexpr std::size_t enough = 8;
  const auto end = words.begin() + std::ptrdiff_t(std::min(words.size(), enough));
  return fmt::format("{}{}", fmt::join(words.begin(), end, ", "), words.size() > enough ? ", .." : "");
}

// `references` are those of the state. `wanted` has a tag, even if the user gave none.
std::string suggestion(const oci::Reference& wanted, std::string_view text,
                       const std::vector<std::string>& references) {
  constexpr std::string_view otherwise = "see 'fnimg ls'";
  std::vector<std::string> same_name;
  for (const std::string& reference : references)
    if (name_of(reference) == wanted.name()) same_name.push_back(reference);
  if (same_name.size() == 1) return fmt::format("did you mean '{}'?", same_name.front());
  if (!same_name.empty()) return did_you_mean(text, same_name, fmt::format("known images: {}", joined(same_name)));
  if (const std::string close = closest(text, references); !close.empty())
    return fmt::format("did you mean '{}'?", close);
  std::vector<std::string> names;
  for (const std::string& reference : references) names.push_back(name_of(reference));
  const auto close = std::find(names.begin(), names.end(), closest(wanted.name(), names));
  if (close == names.end()) return std::string(otherwise);
  return fmt::format("did you mean '{}'?", references[std::size_t(close - names.begin())]);
}

}  // namespace

void Store::fail_not_found(std::string_view text) const {
  std::vector<std::string> references;
  for (const ImageRow& image : images()) references.push_back(image.reference);
  fail_hint(Kind::not_found, suggestion(oci::Reference::parse(text), text, references), "image '{}' not found",
            printable(text));
}

ImageRow Store::resolve(std::string_view text) const {
  // An image may be called 'channel', and its tag as a channel is.
  if (text.starts_with(channel_scheme) && !find(std::string(text)))
    return channels().resolve(text.substr(channel_scheme.size())).image;
  const oci::Reference reference = oci::Reference::parse(text);
  if (!reference.digest().empty()) {
    for (ImageRow& image : with_digest(reference.digest().str()))
      if (means(reference, image)) return std::move(image);
    fail_not_found(text);
  }
  if (auto image = find(reference.str())) return std::move(*image);
  const auto prefix = oci::digest_prefix(text);
  if (!prefix) fail_not_found(text);
  std::vector<ImageRow> found = with_digest(*prefix);
  if (found.empty()) fail_not_found(text);
  std::vector<std::string> names;
  for (const ImageRow& image : found) names.push_back(image.reference);
  const bool ambiguous = std::any_of(found.begin(), found.end(), [&](const ImageRow& image) {
    return image.descriptor.digest != found.front().descriptor.digest;
  });
  if (ambiguous)
    fail_hint(Kind::usage, fmt::format("give more digits, or use one of {}", joined(names)),
              "'{}' is ambiguous: several digests start with it", printable(text));
  return std::move(found.front());
}

oci::Image Store::load(std::string_view text) const {
  const ImageRow image = resolve(text);
  return while_doing([&] { return fmt::format("image '{}'", image.reference); },
                     [&] { return layout_.load(image.descriptor); });
}

}  // namespace fn::state
