#ifndef CNAMESPACESHIM_H
#define CNAMESPACESHIM_H

// Privileged system calls of ns-helper, and the code that runs between clone(2) and execve(2).
//
// A thing may live here for one of two reasons: Swift's Glibc module cannot express it (variadic calls,
// hidden constants, calls without a libc wrapper), or it runs in a child on memory that the parent
// prepared, where only async-signal-safe C may run. No policy lives here. Functions return 0 or an errno
// value; nothing prints; nothing keeps memory but the place of the command
// line (cns_remember_title_area).

#include "cns_filter.h"
#include "cns_forker.h"
#include "cns_process.h"
#include "cns_privilege.h"
#include "cns_socket.h"
#include "cns_step.h"

#endif
