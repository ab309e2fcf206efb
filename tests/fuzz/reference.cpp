// SPDX-License-Identifier: Apache-2.0
// A reference that is written and parsed again has the same parts.
#include "oci/reference.hpp"

#include "fuzz.hpp"

using fn::oci::Reference;

void fn::fuzz::run(std::string_view input) {
  const auto reference = accepted([&] { return Reference::parse(input); });
  if (!reference) return;
  const std::string text = reference->str();
  const Reference again = Reference::parse(text);
  require(again.str() == text, "another text the second time");
  require(again.name() == reference->name(), "another name");
  require(again.tag() == reference->tag(), "another tag");
  // str() has the digest only if there is no tag.
  require(!reference->tag().empty() || again.digest() == reference->digest(), "another digest");
  require(text.find_first_of(" \n\t'\"\\") == text.npos, "a character that no reference has");
}
