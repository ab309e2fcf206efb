// SPDX-License-Identifier: Apache-2.0
#include "recipe/recipe_flags.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "image/image_path.hpp"

#include <set>

namespace fn::img {
namespace {

// The layer of the file or of --layer that a flag is about: one more layer would be a mistake in its name.
LayerRecipe& layer_of_flag(Recipe& recipe, const std::string& name, std::string_view flag) {
  std::vector<std::string> names;
  for (LayerRecipe& layer : recipe.layers) {
    if (layer.name == name) return layer;
    names.push_back(layer.name);
  }
  fail_hint(Kind::usage, did_you_mean(name, names, "give it a source with --layer NAME=SOURCE"), "{}: no layer '{}'",
            flag, printable(name));
}

void add_layers(Recipe& recipe, const RecipeFlags& flags) {
  const bool selects = !flags.include.empty() || !flags.exclude.empty() || flags.owner || flags.times;
  if (selects && flags.layers.empty())
    fail_hint(Kind::usage, "give --layer NAME=SOURCE, or write them into the file's [[layer]]",
              "--include, --exclude, --owner and --times are for layers given by --layer, and there is none");
  std::set<std::string> begun;
  for (const std::string& text : flags.layers) {
    const auto [name, source] = split_pair(text, "--layer");
    LayerRecipe& layer = recipe.layer(name);
    if (begun.insert(name).second) layer.sources.clear();
    layer.sources.push_back(source);
    layer.by_flags = true;
    if (!flags.include.empty()) layer.selection.include.assign(flags.include.begin(), flags.include.end());
    layer.selection.exclude.insert(layer.selection.exclude.end(), flags.exclude.begin(), flags.exclude.end());
    if (flags.owner == "keep") {
      layer.owner = Keep::yes;
    } else if (flags.owner) {
      layer.selection.owner = layer::parse_owner(*flags.owner);
    }
    if (flags.times) layer.times = *flags.times == "keep" ? Keep::yes : Keep::standard;
  }
  for (const std::string& text : flags.removes) {
    const auto [name, path] = split_pair(text, "--remove");
    recipe.layer(name).remove.push_back(image_path(path));
  }
  for (const std::string& text : flags.times_of_layers) {
    const auto [name, time] = split_pair(text, "--time");
    layer_of_flag(recipe, name, "--time").selection.time = parse_layer_time(time);
  }
  for (const std::string& text : flags.intos) {
    const auto [name, directory] = split_pair(text, "--into");
    layer_of_flag(recipe, name, "--into").selection.into = image_path(directory);
  }
  for (LayerRecipe& layer : recipe.layers)
    if (flags.bytecode) layer.bytecode = *flags.bytecode == "keep" ? Keep::yes : Keep::standard;
}

void add_config(ConfigRecipe& config, const RecipeFlags& flags) {
  if (!flags.entrypoint.empty()) config.entrypoint = flags.entrypoint;
  if (!flags.cmd.empty()) config.cmd = flags.cmd;
  for (const std::string& text : flags.env) config.env.push_back(split_pair(text, "--env"));
  if (flags.workdir) config.workdir = flags.workdir;
  if (flags.user) config.user = flags.user;
  if (flags.stop_signal) config.stop_signal = flags.stop_signal;
  if (flags.author) config.author = flags.author;
  config.ports.insert(config.ports.end(), flags.ports.begin(), flags.ports.end());
  config.volumes.insert(config.volumes.end(), flags.volumes.begin(), flags.volumes.end());
  for (const std::string& text : flags.labels) {
    const auto [name, value] = split_pair(text, "--label");
    config.labels[name] = value;
  }
}

}  // namespace

void RecipeFlags::declare(cli::Command& command) {
  command
      .option("--layer", layers, {.name = "NAME=SOURCE", .complete = cli::Complete::source},
              "a layer from DIR, FILE, -, image:REF[#LAYER] or delta:DIR; repeat NAME to add to it")
      .option("--into", intos, {.name = "NAME=DIR"}, "put the files of layer NAME below DIR of the image")
      .option("--follow", follows, {.name = "NAME=CHANNEL"}, "let layer NAME follow CHANNEL")
      .option("--remove", removes, {.name = "NAME=PATH"}, "let layer NAME delete PATH from the layers below")
      .option("--from", from, {.name = "REF", .complete = cli::Complete::reference}, "build on this image")
      .option("--entrypoint", entrypoint, {.name = "ARG"}, "the program to run; repeat for its fixed arguments")
      .option("--cmd", cmd, {.name = "ARG"}, "a default argument")
      .option("--env", env, {.name = "NAME=VALUE"}, "set an environment variable")
      .option("--workdir", workdir, {.name = "DIR"}, "working directory")
      .option("--user", user, {.name = "USER"}, "user the program runs as")
      .option("--port", ports, {.name = "PORT[/PROTO]"}, "a port that the program listens on")
      .option("--volume", volumes, {.name = "DIR"}, "a directory for data")
      .option("--stop-signal", stop_signal, {.name = "SIGNAL"}, "signal that stops the program")
      .option("--author", author, {.name = "NAME"}, "who maintains the image")
      .option("--label", labels, {.name = "NAME=VALUE"}, "a label of the config")
      .option("--annotation", annotations, {.name = "NAME=VALUE"}, "an annotation of the manifest")
      .option("--platform", platform, {.name = "OS/ARCH"}, "platform (default: the base's, else this host's)")
      .option("--compression", compression,
              {.name = "CODEC", .offers = {"gzip", "gzip:1", "gzip:9", "zstd", "zstd:1", "zstd:19", "none"}},
              "gzip[:1-12] (default gzip:4), zstd[:1-19], none")
      .option("--include", include, {.name = "GLOB"}, "include only what matches, in layers given by --layer")
      .option("--exclude", exclude, {.name = "GLOB"}, "exclude what matches")
      .option("--owner", owner, {.name = "UID:GID|keep"},
              "owner of all files (default: 0:0 for directories, as recorded for archives)")
      .option("--times", times, {.name = "MODE", .choices = {"clamp", "keep"}},
              "clamp times to SOURCE_DATE_EPOCH, or keep them (default: clamp for directories)")
      .option("--time", times_of_layers, {.name = "NAME=SECONDS"}, "time of all files of layer NAME, since 1970")
      .option("--bytecode", bytecode, {.name = "MODE", .choices = {"match", "keep"}},
              "match times in .pyc files to their sources' in the image (default), or keep them")
      .flag("--accounts", accounts, "add /etc/passwd, group and os-release, if no layer has them");
}

void RecipeFlags::apply_to(Recipe& recipe) const {
  add_layers(recipe, *this);
  add_config(recipe.config, *this);
  if (from) recipe.from = *from;
  if (accounts) recipe.accounts = true;
  if (platform) recipe.platform = oci::Platform::parse(*platform);
  if (compression) recipe.codec = layer::Codec::parse(*compression);
  for (const std::string& text : annotations) {
    const auto [key, value] = split_pair(text, "--annotation");
    recipe.annotations[key] = value;
  }
}

}  // namespace fn::img
