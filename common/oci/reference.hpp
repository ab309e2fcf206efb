// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/digest.hpp"

#include <string>
#include <string_view>

namespace fn::oci {

// NAME[:TAG][@DIGEST], with the grammar of the distribution project: NAME is [HOST[:PORT]/]component/.., lower case;
// TAG is [A-Za-z0-9_][A-Za-z0-9._-]{0,127}. Without tag and digest the tag is "latest".
class Reference {
 public:
  // Throws usage, with what is wrong and an example.
  static Reference parse(std::string_view text);

  const std::string& name() const { return name_; }
  const std::string& tag() const { return tag_; }   // may be empty if there is a digest
  const Digest& digest() const { return digest_; }  // may be empty
  // NAME:TAG, what org.opencontainers.image.ref.name holds.
  std::string str() const;
  // The same with the registry that docker and containerd take for granted, "docker.io/library/app:v1", and without it.
  std::string full_name() const;
  std::string short_name() const;

 private:
  std::string name_;
  std::string tag_;
  Digest digest_;
};

}  // namespace fn::oci
