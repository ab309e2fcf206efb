// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/seccomp/seccomp.hpp"

#include <string_view>

namespace fn::sandbox::seccomp {

// The policy of a profile in JSON: "linux.seccomp" of the OCI runtime-spec (config-linux.md, "Seccomp") with the
// additions of Docker's and Podman's profiles (archMap, includes, excludes). As their runtimes do: names that are not
// system calls of this processor are skipped; conditions of one rule on the same argument are alternatives; calls newer
// than the newest in the profile get ENOSYS, unless the default action lets them pass or the profile sets
// defaultErrnoRet. Several rules for a call: the first that holds. A rule for holders of a capability does not apply
// (there are none in a sandbox), one that excludes holders does. The personalities of a processor (x86, x32) stay shut.
//
// `subject` names the profile in errors; `kernel` is uname(2)'s release, for minKernel. Throws usage with a hint if the
// document is not a valid profile, unsupported if it is for other processors or needs a supervising process
// (SCMP_ACT_NOTIFY).
Policy parse_oci_profile(std::string_view json, std::string_view subject, std::string_view kernel);

}  // namespace fn::sandbox::seccomp
