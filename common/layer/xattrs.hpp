// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace fn::layer {

// Extended attributes (xattr(7)): name -> raw value, sorted. Most files have none, and an image has hundreds of
// thousands of files: an empty one is one pointer.
class Xattrs {
 public:
  using Map = std::map<std::string, std::string>;
  using value_type = Map::value_type;
  using const_iterator = Map::const_iterator;

  Xattrs() = default;
  Xattrs(Map map) : map_(map.empty() ? nullptr : std::make_unique<Map>(std::move(map))) {}
  Xattrs(std::initializer_list<value_type> values) : Xattrs(Map(values)) {}
  Xattrs(const Xattrs& other) : map_(other.map_ ? std::make_unique<Map>(*other.map_) : nullptr) {}
  Xattrs(Xattrs&& other) noexcept = default;
  Xattrs& operator=(const Xattrs& other) {
    map_ = other.map_ ? std::make_unique<Map>(*other.map_) : nullptr;
    return *this;
  }
  Xattrs& operator=(Xattrs&& other) noexcept = default;
  ~Xattrs() = default;

  bool empty() const { return map().empty(); }
  std::size_t size() const { return map().size(); }
  const_iterator begin() const { return map().begin(); }
  const_iterator end() const { return map().end(); }
  const_iterator find(const std::string& name) const { return map().find(name); }
  bool contains(const std::string& name) const { return map().contains(name); }
  const std::string& at(const std::string& name) const { return map().at(name); }

  // The first value of a name stays.
  void emplace(std::string name, std::string value) { own().emplace(std::move(name), std::move(value)); }
  void set(std::string name, std::string value) { own().insert_or_assign(std::move(name), std::move(value)); }
  // Removes it, and says what it was.
  std::optional<std::string> take(const std::string& name) {
    if (!map_) return std::nullopt;
    auto taken = map_->extract(name);
    return taken ? std::optional(std::move(taken.mapped())) : std::nullopt;
  }
  // Removes those whose names the predicate is true of, and says how many.
  template <typename Predicate>
  std::size_t remove_if(Predicate&& predicate) {
    return map_ ? std::erase_if(*map_, [&](const value_type& each) { return predicate(each.first); }) : 0;
  }
  void clear() { map_.reset(); }

  friend bool operator==(const Xattrs& a, const Xattrs& b) { return a.map() == b.map(); }

 private:
  const Map& map() const {
    static const Map none;
    return map_ ? *map_ : none;
  }
  Map& own() {
    if (!map_) map_ = std::make_unique<Map>();
    return *map_;
  }

  std::unique_ptr<Map> map_;
};

}  // namespace fn::layer
