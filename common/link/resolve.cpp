// SPDX-License-Identifier: Apache-2.0
#include "link/resolve.hpp"

#include "base/error.hpp"
#include "link/loading.hpp"
#include "link/machine.hpp"

#include <algorithm>

// Whether a reference is given by any object of a scope does not depend on the order of the scope. So what a library
// finds among the libraries that it needs itself, it finds in every closure that has all of these: only the rest is
// looked up again. libc's own references are looked up once, not once for each program.
namespace fn::link {
namespace {

// Ten thousand libraries may need each other. What each finds by itself is then neither looked up nor remembered, and
// who gives a name is looked up in one index of all of them.
constexpr std::size_t many_objects = 500;

Finding undefined(std::size_t object, const Reference& reference) {
  return {Problem::symbol_undefined, object, reference.file, reference.version, reference.name, ""};
}

}  // namespace

struct Resolver::Scope {
  std::vector<Object*> objects;                                    // in order
  std::vector<std::uint32_t> numbers;                              // sorted
  std::unordered_map<std::uint32_t, std::vector<Object*>> givers;  // by short_hash(), if there are many

  bool is_large() const { return objects.size() > many_objects; }
  bool has_all(const std::vector<std::uint32_t>& others) const {
    return std::includes(numbers.begin(), numbers.end(), others.begin(), others.end());
  }
};

Resolver::Resolver(const Root& root, Options options) : search_(root, std::move(options)) {}

Closure Resolver::closure(std::string_view path) {
  const auto file = search_.file(std::string(path));
  if (!file || !file->facts) fail(Kind::not_found, "no ELF file '{}'", path);
  const elf::Facts& facts = *file->facts;
  Closure closure;
  if (is_static(facts)) {
    closure.objects.push_back({*file, file->path, Rule::start, 0, {}});
    return closure;
  }
  closure.interpreter = facts.interpreter.empty() ? usual_interpreter(facts, search_.root()) : facts.interpreter;
  const Loader& its = loader(closure.interpreter, facts);
  closure.kind = its.kind;
  Loading loading(search_, its, closure);
  check_interpreter(facts, its, closure);
  loading.run(*file);
  const Scope scope = scope_of(closure);
  if (closure.kind == Loader::Kind::glibc) check_versions(closure, loading, scope);
  check_symbols(closure, its, loading, scope);
  return closure;
}

std::optional<std::size_t> Resolver::provider(const Closure& closure, const Reference& reference) {
  for (std::size_t n = 0; n < closure.objects.size(); ++n)
    if (symbols(object(closure.objects[n].file)).gives(reference, closure.kind)) return n;
  return std::nullopt;
}

const std::vector<Reference>& Resolver::references(const File& file) {
  return symbols(object(file)).references();
}

Resolver::Object& Resolver::object(const File& file) {
  const auto known = by_inode_.find(file.inode);
  if (known != by_inode_.end()) return *known->second;
  Object& made = objects_.emplace_back();
  made.file = file;
  made.number = static_cast<std::uint32_t>(objects_.size());
  by_inode_.emplace(file.inode, &made);
  return made;
}

const Symbols& Resolver::symbols(Object& object) {
  if (!object.symbols) object.symbols.emplace(*object.file.facts);
  return *object.symbols;
}

const Loader& Resolver::loader(const std::string& interpreter, const elf::Facts& facts) {
  const std::string key = interpreter + ' ' + std::to_string(facts.machine) + '.' + std::to_string(facts.word_bits);
  const auto known = loaders_.find(key);
  if (known != loaders_.end()) return known->second;
  return loaders_.emplace(key, loader_at(interpreter, facts, search_.root())).first->second;
}

Resolver::Scope Resolver::scope_of(const Closure& closure) {
  Scope scope;
  for (const Loaded& loaded : closure.objects) {
    scope.objects.push_back(&object(loaded.file));
    scope.numbers.push_back(scope.objects.back()->number);
  }
  std::sort(scope.numbers.begin(), scope.numbers.end());
  if (!scope.is_large()) return scope;
  for (Object* giver : scope.objects)
    symbols(*giver).each_short_hash([&](std::uint32_t hash) { scope.givers[hash].push_back(giver); });
  return scope;
}

void Resolver::check_interpreter(const elf::Facts& facts, const Loader& loader, Closure& closure) {
  if (facts.interpreter.empty()) return;
  if (!loader.file) {
    closure.findings.push_back({Problem::interpreter_missing, 0, facts.interpreter, {}, {}, ""});
  } else if (!loader.file->facts || !same_machine(*loader.file->facts, facts)) {
    closure.findings.push_back({Problem::interpreter_unusable, 0, facts.interpreter, {}, {}, loader.file->path});
  }
}

void Resolver::check_versions(Closure& closure, const Loading& loading, const Scope& scope) {
  for (std::size_t number = 0; number < closure.objects.size(); ++number) {
    for (const elf::VersionNeed& need : closure.objects[number].file.facts->needed_versions)
      check_version_need(closure, loading, scope, number, need);
  }
}

void Resolver::check_version_need(Closure& closure, const Loading& loading, const Scope& scope, std::size_t number,
                                  const elf::VersionNeed& need) {
  if (need.versions.empty() || loading.is_lost(need.file)) return;  // what is lost has a finding
  const auto found = loading.named(need.file);
  if (found && satisfied_.contains({&need, scope.objects[*found]->number})) return;
  const Symbols* library = found ? &symbols(*scope.objects[*found]) : nullptr;
  const std::string path = found ? closure.objects[*found].path : "";
  if (library && !library->defines_versions()) {
    Finding finding{Problem::versions_missing, number, need.file, need.versions.front().name, {}, path};
    if (!library->has_version_table()) {
      for (const Reference& reference : symbols(*scope.objects[number]).references()) {
        if (reference.file != need.file || !library->gives(reference, closure.kind)) continue;
        finding.version = reference.version;
        finding.symbol = reference.name;
        break;
      }
    }
    closure.findings.push_back(std::move(finding));
    return;
  }
  bool is_satisfied = true;
  for (const elf::Version& version : need.versions) {
    if (library && library->defines_version(version.name)) continue;
    is_satisfied = false;
    std::vector<Finding>& list = version.is_weak ? closure.weak : closure.findings;
    list.push_back({Problem::version_missing, number, need.file, version.name, {}, path});
  }
  if (is_satisfied) satisfied_.emplace(&need, scope.objects[*found]->number);
}

void Resolver::check_symbols(Closure& closure, const Loader& loader, const Loading& loading, const Scope& scope) {
  for (std::size_t number = 0; number < closure.objects.size(); ++number) {
    Object& object = *scope.objects[number];
    const auto tell = [&](const Reference& reference) {
      (reference.is_weak ? closure.weak : closure.findings).push_back(undefined(number, reference));
    };
    if (!scope.is_large() && object.loader != loader.path) {
      if (number == 0)
        remember(object, loader, loading, scope);
      else
        settle(object, loader);
    }
    if (!scope.is_large() && !object.scope.empty() && scope.has_all(object.scope)) {
      const bool is_same = object.scope.size() == scope.numbers.size();
      for (const Reference* reference : object.open)
        if (is_same || !is_given(*reference, closure.kind, loading, scope)) tell(*reference);
    } else {
      for (const Reference& reference : symbols(object).references())
        if (!is_given(reference, closure.kind, loading, scope)) tell(reference);
    }
  }
}

bool Resolver::is_given(const Reference& reference, Loader::Kind kind, const Loading& loading, const Scope& scope) {
  // Most are where their version is needed from.
  if (!reference.file.empty()) {
    const auto likely = loading.named(reference.file);
    if (likely && symbols(*scope.objects[*likely]).gives(reference, kind)) return true;
  }
  const auto gives = [&](Object* object) { return symbols(*object).gives(reference, kind); };
  if (!scope.is_large()) return std::any_of(scope.objects.begin(), scope.objects.end(), gives);
  const auto givers = scope.givers.find(reference.short_hash());
  return givers != scope.givers.end() && std::any_of(givers->second.begin(), givers->second.end(), gives);
}

void Resolver::settle(Object& settled, const Loader& loader) {
  Closure closure;
  closure.kind = loader.kind;
  Loading loading(search_, loader, closure);
  loading.run(settled.file);
  remember(settled, loader, loading, scope_of(closure));
}

void Resolver::remember(Object& settled, const Loader& loader, const Loading& loading, const Scope& scope) {
  settled.loader = loader.path;
  settled.scope.clear();
  settled.open.clear();
  if (scope.is_large()) return;
  settled.scope = scope.numbers;
  for (const Reference& reference : symbols(settled).references())
    if (!is_given(reference, loader.kind, loading, scope)) settled.open.push_back(&reference);
}

}  // namespace fn::link
