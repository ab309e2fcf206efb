// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"
#include "state/home.hpp"
#include "state/names.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

int main(int argc, char** argv) {
  namespace img = fn::img;
  const fn::cli::App app{
      .name = "fnimg",
      .version = FN_VERSION,
      .summary = "builds, reads and checks layered OCI images: no daemon, no root, no Dockerfile",
      .examples = {{"fnimg build -t app:v1 --layer code=./src --entrypoint /srv/run", "an image from a directory"},
                   {"fnimg files app:v1 srv", "what is in it"},
                   {"fnimg unpack app:v1 rootfs", "its files in a directory"}},
      .verbs = {img::build_verb(),
                img::ls_verb(),
                img::inspect_verb(),
                img::files_verb(),
                img::cat_verb(),
                img::history_verb(),
                img::size_verb(),
                img::why_verb(),
                img::find_verb(),
                img::diff_verb(),
                img::unpack_verb(),
                img::import_verb(),
                img::export_verb(),
                img::tag_verb(),
                img::rm_verb(),
                img::update_verb(),
                img::rollback_verb(),
                img::outdated_verb(),
                img::compat_verb(),
                img::gc_verb(),
                img::fsck_verb(),
                img::explain_digest_verb(),
                img::channel_publish_verb(),
                img::channel_ls_verb(),
                img::channel_show_verb(),
                img::channel_follow_verb(),
                img::channel_pin_verb(),
                img::channel_hold_verb(),
                img::channel_rm_verb()},
      .foreign_verbs = {{"push", "run 'skopeo copy oci:FN_HOME:NAME:TAG docker://REGISTRY/NAME:TAG'"},
                        {"pull", "run 'skopeo copy docker://NAME:TAG oci:DIR', then 'fnimg import DIR -t NAME:TAG'"},
                        {"save", "run 'fnimg export REF -o FILE'"},
                        {"load", "run 'fnimg import FILE'"},
                        {"run", "run 'fnrun run REF'"},
                        {"exec", "run 'fnrun run REF --entrypoint CMD -- ARG..'"},
                        {"images", "run 'fnimg ls'"},
                        {"list", "run 'fnimg ls'"},
                        {"rmi", "run 'fnimg rm REF'"},
                        {"delete", "run 'fnimg rm REF'"},
                        {"prune", "run 'fnimg gc'"},
                        {"extract", "run 'fnimg unpack REF DIR'"},
                        {"show", "run 'fnimg inspect REF'"},
                        {"verify", "run 'fnimg fsck --read-data'"},
                        {"version", "run 'fnimg --version'"}},
      .default_home = fn::state::default_home,
      .references = fn::state::reference_names,
      .channels = fn::state::channel_names};
  return fn::cli::run(app, argc, argv);
}
