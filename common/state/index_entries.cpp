// SPDX-License-Identifier: Apache-2.0
#include "state/index_entries.hpp"

#include <algorithm>
#include <map>

namespace fn::state {
namespace {

using oci::Descriptor;

std::string name_of(const Descriptor& entry) {
  return entry.annotation(oci::annotation::ref_name);
}

// As a row could have it. Other tools use bare tags too, and would not find theirs under a name that we complete.
bool is_reference(const std::string& name) {
  try {
    const oci::Reference reference = oci::Reference::parse(name);
    return reference.digest().empty() && reference.str() == name;
  } catch (const Error&) {
    return false;
  }
}

class Comparing {
 public:
  Comparing(const Halves& halves, bool take_all) : halves_(halves), take_all_(take_all) {
    for (const Descriptor& own : own_entries(halves.rows)) own_.emplace(name_of(own), own);
  }

  Differences run() {
    for (const Descriptor& entry : halves_.entries) sort(entry);
    for (const auto& [name, own] : own_) {
      if (named_.contains(name) || halves_.unwritten.contains({name, own.digest})) continue;
      differences_.absent.push_back(name);
    }
    return std::move(differences_);
  }

 private:
  void sort(const Descriptor& entry) {
    const std::string name = name_of(entry);
    if (const auto own = own_.find(name); own != own_.end() && own->second.digest == entry.digest) {
      const bool same = own->second.json().dump() == entry.json().dump();
      if (!same && !halves_.unwritten.contains({name, entry.digest})) differences_.altered.push_back(name);
      named_.insert(name);
      return;
    }
    // A name that we gave and took: its writer was killed before it came to index.json.
    if (halves_.unwritten.contains({name, entry.digest})) return;
    if (own_.contains(name) || taken_.contains(name)) {
      named_.insert(name);
      const auto taken = taken_.find(name);
      const bool again = taken != taken_.end() && taken->second == entry.digest;
      if (!again && !is_kept(entry)) differences_.rivals.push_back(entry);
    } else if (is_reference(name) && (take_all_ || entry.annotation(oci::annotation::managed) == "true")) {
      taken_.emplace(name, entry.digest);
      differences_.unknown.push_back(entry);
    } else {
      differences_.foreign.push_back(entry);
    }
  }

  // An earlier command has named it, and was killed before index.json said so.
  bool is_kept(const Descriptor& rival) const {
    const auto row = own_.find(rival_name(rival));
    return row != own_.end() && row->second.digest == rival.digest;
  }

  const Halves& halves_;
  bool take_all_;
  std::map<std::string, Descriptor> own_;     // by name
  std::map<std::string, oci::Digest> taken_;  // names of unknown images
  std::set<std::string> named_;               // rows that index.json names
  Differences differences_;
};

}  // namespace

Differences compare(const Halves& halves, bool take_all) {
  return Comparing(halves, take_all).run();
}

std::vector<Descriptor> own_entries(const std::vector<ImageRow>& rows) {
  std::vector<Descriptor> entries;
  for (const ImageRow& row : rows) {
    Descriptor& entry = entries.emplace_back(row.descriptor);
    // skopeo takes all behind the second ":" of "oci:HOME:app:v1" for the name.
    entry.annotations = {{std::string(oci::annotation::ref_name), row.reference},
                         {std::string(oci::annotation::managed), "true"}};
  }
  return entries;
}

std::string rival_name(const Descriptor& rival) {
  constexpr std::size_t max_tag = 128;
  constexpr std::size_t digits = 12;
  std::string name = name_of(rival);
  const std::size_t tag = name.rfind(':') + 1;
  if (name.size() - tag > max_tag - digits - 1) name.resize(tag + max_tag - digits - 1);
  return name + '-' + rival.digest.hex().substr(0, digits);
}

}  // namespace fn::state
