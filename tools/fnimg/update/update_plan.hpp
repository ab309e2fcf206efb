// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/store.hpp"
#include "update/following.hpp"
#include "update/swap_layers.hpp"
#include "update/version_source.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// What an update is to do with one image.
struct UpdateWish {
  std::string reference;
  std::string target;                        // the name that the new image gets; `reference` itself, or another
  std::optional<std::string> channel;        // NAME[@VERSION]: what follows it, and nothing else
  std::map<std::string, oci::Image> layers;  // LAYER -> what it becomes, whatever it follows
  bool allow_rollback = false;               // to a version below one that it had
  bool skips_rolled_back = false;            // versions that it was taken back from: with --all
};

// Why an image stays as it is.
struct Unchanged {
  std::string layer;
  std::string channel;
  std::string version;  // that it has; "": one that its channel doesn't know
  enum class Why { current, held, rolled_back } why = Why::current;
};

// A change of what `target` names, ready to be made: no blob but documents has to be written for it.
struct PlannedUpdate {
  state::Update journal;  // its reference is the target; layers is empty if all stays as it is
  oci::Digest expected;   // what the target names now; empty: nothing
  oci::Image before;
  oci::Image after;
  std::vector<Unchanged> unchanged;

  bool changes() const { return !journal.layers.empty(); }
};

// Reads documents alone. Throws what is wrong with the wish: not_found for a reference, a channel, a version or a
// layer; usage if nothing of it follows, for another platform, for a version below the highest that it had; unsupported
// for an index; integrity for a version whose blobs are gone.
PlannedUpdate plan_update(const UpdateWish& wish, const state::Store& store, VersionImages& versions);

// Writes the documents, the journal and the name, if the target still names what was planned; else throws busy. The
// caller holds the lock for blobs.
void carry_out(const PlannedUpdate& update, state::Store& store, UnixTime now, std::size_t kept);

// The functions that get another image with it: those that follow the tag.
std::vector<std::string> functions_following(state::Store& store, const std::string& reference);

}  // namespace fn::img
