// SPDX-License-Identifier: Apache-2.0
// A build goes through its layers one by one. While one is written, which takes all processors, the next one's sources
// are listed in a second thread: it reads directories, spools archives and applies the selection, and touches no
// database. For the same reason the stat caches of all directories are opened before the first layer.
//
// What was listed (items: an entry, and where its content is) goes to layer::write_layer(), which reads the contents,
// makes the blob and says what it learned; that goes into the index. A layer that is taken over unchanged from another
// image is neither listed nor written.
//
// Blobs are durable when they have a name, and the documents that mention them come last: an interrupted build leaves
// blobs that nothing refers to, for gc, and never a document that refers to nothing. Only publishing names the image.
#include "recipe/builder.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/image_files.hpp"
#include "image/layer_index.hpp"
#include "image/layer_reader.hpp"
#include "layer/bytecode.hpp"
#include "layer/layer_writer.hpp"
#include "layer/whiteout.hpp"
#include "recipe/accounts.hpp"
#include "recipe/delta_source.hpp"
#include "recipe/package_databases.hpp"
#include "recipe/recipe_check.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <fcntl.h>
#include <future>

namespace fn::img {
namespace {

bool changes_nothing(const LayerRecipe& recipe) {
  const layer::Selection& selection = recipe.selection;
  return selection.include.empty() && selection.exclude.empty() && selection.rules.empty() && !selection.owner &&
         !selection.time && selection.into.empty() && recipe.remove.empty();
}

// A source's selection: accidents of a directory are made uniform, what an archive records stays.
layer::Selection selection_for(const LayerRecipe& recipe, const Source& source, const BuildPlan& plan) {
  layer::Selection selection = recipe.selection;
  const bool is_on_disk = source.is_directory() || source.type == Source::Type::file;
  // What differs from an image is not an accident: owners are those of the tree that was unpacked.
  const bool has_owners = source.type == Source::Type::delta;
  if (is_on_disk && !has_owners && !selection.owner && recipe.owner == Keep::standard) selection.owner = layer::Owner{};
  if ((is_on_disk || plan.epoch_given) && recipe.times == Keep::standard) selection.latest = plan.epoch;
  return selection;
}

std::vector<layer::Item> whiteouts(const std::vector<std::string>& paths, UnixTime time) {
  std::vector<layer::Item> items;
  for (const std::string& path : paths) {
    items.emplace_back().entry = layer::whiteout_of(path, time);
  }
  return items;
}

class Builder {
 public:
  Builder(const BuildPlan& plan, state::Store& store, const cli::Context& context)
      : plan_(plan),
        store_(store),
        layout_(store.layout()),
        context_(context),
        index_(store.index()),
        segments_(index_, [this](const state::IndexedLayer& layer) { return is_intact(layer); }),
        proofs_(store.proofs()),
        sources_(index_),
        spool_(sys::open_file(layout_.path(), O_RDONLY | O_DIRECTORY)),
        created_(rfc3339(plan.epoch)),
        check_(plan) {}

  BuildResult run() {
    begin();
    add_layers();
    if (plan_.accounts) add_accounts();
    sources_.save();
    mark_follows();
    finish();
    proofs_.save();
    check_.report(built_.image, store_, context_);
    return std::move(built_);
  }

 private:
  void begin() {
    if (plan_.base) {
      built_.image.config = plan_.base->config;
      built_.image.manifest.layers = plan_.base->manifest.layers;
      for (oci::Descriptor& layer : built_.image.manifest.layers)
        layer.media_type = oci::oci_layer_type(layer.media_type);
      built_.image.manifest.annotations = plan_.base->manifest.annotations;
      built_.image.manifest.annotations[std::string(oci::annotation::base_digest)] =
          plan_.base->descriptor.digest.str();
      built_.image.manifest.annotations[std::string(oci::annotation::base_name)] = plan_.base_name;
      for (const oci::Descriptor& layer : plan_.base->manifest.layers) prove(layer, plan_.base_name);
      built_.layers.assign(plan_.base->manifest.layers.size(), BuiltLayer{.files = 0, .reused = true});
      give_history(plan_.base->manifest.layers.size());
    }
    for (const auto& [key, value] : plan_.annotations) built_.image.manifest.annotations[key] = value;
    built_.image.config.created = created_;
    built_.image.config.platform = plan_.platform;
    plan_.config.apply_to(built_.image.config);
  }

  // A layer of an earlier build that could be this one. If its blob is damaged it is written anew.
  bool is_intact(const state::IndexedLayer& layer) {
    oci::Descriptor blob;
    blob.digest = layer.digest;
    blob.size = layer.size;
    if (proofs_.holds(blob)) return true;
    if (layout_.blob_stamp(layer.digest))
      context_.note(fmt::format("blob '{}' is corrupt and is made again", layer.digest.str()));
    return false;
  }

  // A layer of another image, of which only the blob is there.
  void prove(const oci::Descriptor& layer, const std::string& image) {
    context_.progress.phase(fmt::format("checking layer '{}'", layer_label(layer)), 0);
    if (!proofs_.holds(layer))
      fail_hint(Kind::integrity, "import that image or build it again, which repairs it",
                "layer '{}' of '{}' is missing or corrupt", layer.digest.str(), printable(image));
  }

  // What the base's history does not tell of its layers is filled in: strict readers ask for as many entries as layers.
  void give_history(std::size_t layers) {
    std::vector<oci::History>& history = built_.image.config.history;
    const std::size_t known = history.size();
    history = built_.image.config.history_of(layers);
    for (std::size_t n = known; n < history.size(); ++n) {
      history[n].created = created_;
      history[n].created_by = "unknown";
    }
  }

  void add_history(const std::string& created_by) {
    built_.image.config.history.push_back(
        {.created = created_, .created_by = created_by, .comment = {}, .author = {}, .empty_layer = false});
  }

  // While one layer is written, the next one's files are listed. That thread does not touch the index: the caches of
  // its sources are opened here.
  void add_layers() {
    for (const PlannedLayer& planned : plan_.layers)
      for (const Source& source : planned.sources)
        caches_.push_back(source.is_directory() ? sources_.open(source.path) : nullptr);
    read_base();
    std::future<std::vector<layer::Item>> listed;
    for (std::size_t n = 0; n < plan_.layers.size(); ++n) {
      const PlannedLayer& planned = plan_.layers[n];
      std::vector<layer::Item> items;
      if (!planned.is_reused()) items = listed.valid() ? listed.get() : list(n);
      if (n + 1 < plan_.layers.size() && !plan_.layers[n + 1].is_reused())
        listed = std::async(std::launch::async, [this, next = n + 1] { return list(next); });
      while_doing([&] { return fmt::format("layer '{}'", planned.recipe.name); },
                  [&] { planned.is_reused() ? reuse(planned) : make(planned, items); });
      if (!planned.is_reused()) check_.look_at(n, items);
    }
  }

  // The files of the base, if some source is compared with them or adds to its packages. Like caches, they are read
  // before the threads begin.
  void read_base() {
    const auto asks = [](const PlannedLayer& planned) {
      return std::any_of(planned.sources.begin(), planned.sources.end(), [](const Source& source) {
        return source.type == Source::Type::delta ||
               PackageDatabases::kind_of(source.path) != PackageDatabases::Kind::other;
      });
    };
    if (!plan_.base || std::none_of(plan_.layers.begin(), plan_.layers.end(), asks)) return;
    base_files_ = FileReader(&store_, context_, limits_).read(layout_, *plan_.base);
    packages_.begin(base_files_->tree, [&](const layer::Node& node) { return read(*plan_.base, node); });
  }

  std::string read(const oci::Image& image, const layer::Node& node) const {
    std::string content;
    visit_files(layout_, image, std::array{&node}, limits_,
                [&](const layer::Node& file, layer::TarReader& reader) { content = content_of(file, reader); });
    return content;
  }

  std::vector<layer::Item> list(const Source& source, const LayerRecipe& recipe, std::size_t n,
                                const std::shared_ptr<layer::StatCache>& cache) {
    const auto note = [&](const std::string& text) { context_.note(text); };
    const layer::Selection selection = selection_for(recipe, source, plan_);
    if (source.type == Source::Type::delta)
      return list_delta(source.path, {base_files_->tree, plan_.base_name},
                        {.selection = selection,
                         .use = &check_.use(n),
                         .threads = plan_.jobs,
                         .state = layout_.path(),
                         .cache = cache,
                         .note = note});
    return layer::select(list_source(source, layout_, spool_.get(), note, cache), selection, &check_.use(n));
  }

  std::vector<layer::Item> list(std::size_t n) {
    const PlannedLayer& planned = plan_.layers[n];
    std::size_t cache = 0;
    for (std::size_t before = 0; before < n; ++before) cache += plan_.layers[before].sources.size();
    return while_doing([&] { return fmt::format("layer '{}'", planned.recipe.name); },
                       [&] {
                         std::vector<PackageDatabases::Part> sources;
                         for (const Source& source : planned.sources)
                           sources.push_back({list(source, planned.recipe, n, caches_[cache++]),
                                              PackageDatabases::kind_of(source.path)});
                         packages_.combine(sources);
                         std::vector<std::vector<layer::Item>> parts;
                         for (PackageDatabases::Part& source : sources) parts.push_back(std::move(source.items));
                         parts.push_back(whiteouts(planned.recipe.remove, planned.recipe.selection.time.value_or(0)));
                         std::vector<layer::Item> items = layer::merge(std::move(parts));
                         if (planned.recipe.bytecode == Keep::standard) layer::match_bytecode(items, matched_);
                         return items;
                       });
  }

  void make(const PlannedLayer& planned, const std::vector<layer::Item>& items) {
    Bytes content = 0;
    for (const layer::Item& item : items) content += item.entry.size;
    context_.progress.phase(fmt::format("layer '{}'", planned.recipe.name), content);
    layer::WrittenLayer written =
        layer::write_layer(items, layout_,
                           {.codec = plan_.codec,
                            .threads = plan_.jobs,
                            .advance = [this](Bytes bytes) { context_.progress.advance(bytes); },
                            .store = &segments_});
    index_written(index_, written, items);
    if (!written.is_reused) proofs_.written(written.descriptor.digest);
    note_bytecode();
    add(planned, std::move(written.descriptor), written.diff_id, {.files = items.size(), .reused = written.is_reused});
  }

  bool has_layer(std::string_view name) const {
    const std::vector<oci::Descriptor>& layers = built_.image.manifest.layers;
    return std::any_of(layers.begin(), layers.end(), [&](const oci::Descriptor& layer) {
      return layer.annotation(oci::annotation::layer_name) == name;
    });
  }

  void add_accounts() {
    const oci::Image& image = built_.image;
    const ImageFiles files = FileReader(&store_, context_, limits_).read(layout_, image);
    const std::vector<layer::Item> items = missing_accounts(files, image.config.user, plan_.epoch,
                                                            [&](const layer::Node& node) { return read(image, node); });
    if (items.empty()) return context_.note("the image has accounts and an os-release: none are added");
    PlannedLayer planned;
    // The base may have one that lacks what is missing here.
    planned.recipe.name = accounts_layer;
    for (int more = 2; has_layer(planned.recipe.name); ++more)
      planned.recipe.name = fmt::format("{}-{}", accounts_layer, more);
    make(planned, items);
  }

  void note_bytecode() {
    if (!bytecode_matched_ || noted_bytecode_) return;
    noted_bytecode_ = true;
    context_.note(
        "the times in bytecode (.pyc) are those that its sources have in the image, so that Python uses it; "
        "'--bytecode keep' leaves it as it is");
  }

  void reuse(const PlannedLayer& planned) {
    const Source& source = planned.sources.front();
    prove(source.image->manifest.layers[*source.layer], source.image->descriptor.digest.brief());
    oci::Descriptor descriptor = source.image->manifest.layers[*source.layer];
    descriptor.media_type = oci::oci_layer_type(descriptor.media_type);
    descriptor.annotations.erase(std::string(oci::annotation::layer_follow));
    add(planned, std::move(descriptor), source.image->config.diff_ids[*source.layer], {.files = 0, .reused = true});
  }

  void add(const PlannedLayer& planned, oci::Descriptor descriptor, const oci::Digest& diff_id, BuiltLayer layer) {
    descriptor.annotations[std::string(oci::annotation::layer_name)] = planned.recipe.name;
    built_.image.manifest.layers.push_back(std::move(descriptor));
    built_.image.config.diff_ids.push_back(diff_id);
    built_.layers.push_back(layer);
    add_history(fmt::format("fnimg build: layer '{}'", planned.recipe.name));
  }

  void mark_follows() {
    for (const auto& [name, channel] : plan_.follows)
      for (oci::Descriptor& layer : built_.image.manifest.layers)
        if (layer.annotation(oci::annotation::layer_name) == name)
          layer.annotations[std::string(oci::annotation::layer_follow)] = channel;
  }

  void finish() {
    oci::make_documents(built_.image);
    layout_.put_documents(built_.image);
  }

  const BuildPlan& plan_;
  state::Store& store_;
  const oci::Layout& layout_;
  const cli::Context& context_;
  state::Index index_;
  IndexedSegments segments_;
  state::Proofs proofs_;
  SourceCaches sources_;
  std::vector<std::shared_ptr<layer::StatCache>> caches_;  // of each source of each layer; null for none
  sys::Fd spool_;
  const Limits limits_;
  std::optional<ImageFiles> base_files_;
  PackageDatabases packages_;
  std::string created_;
  RecipeCheck check_;
  std::atomic<bool> bytecode_matched_ = false;
  std::function<void()> matched_ = [this] { bytecode_matched_ = true; };
  bool noted_bytecode_ = false;
  BuildResult built_;
};

}  // namespace

bool PlannedLayer::is_reused() const {
  return sources.size() == 1 && sources.front().layer.has_value() && changes_nothing(recipe);
}

BuildResult build_image(const BuildPlan& plan, state::Store& store, const cli::Context& context) {
  return Builder(plan, store, context).run();
}

}  // namespace fn::img
