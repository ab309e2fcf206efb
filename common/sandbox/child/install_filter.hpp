// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

namespace fn::sandbox {

// Installs a filter on the calling thread, permanently and across exec (seccomp(2)). The thread must have no_new_privs
// or CAP_SYS_ADMIN. 0 or -errno.
int install_filter(const sock_filter* program, unsigned short length);

}  // namespace fn::sandbox
